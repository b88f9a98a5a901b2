"""Who may connect: the checks of a handshake in their documented order, and what it opens."""

import logging
import re
from contextlib import AbstractContextManager, nullcontext
from typing import Any, ClassVar, Final

from django.db import IntegrityError
from django.http import HttpRequest, HttpResponseBadRequest, HttpResponseBase, JsonResponse

from ..conf import get_setting
from ..models import (
    ApiGateway,
    ChannelPermission,
    ConnectionRateLimit,
    WebSocketSession,
    WebSocketToken,
    hash_session_key,
    hash_user_auth,
)
from ..models.insertion import insert
from . import event as inbound
from . import explanations, guards
from . import invoke as calls
from .limits import LimitedAttempts
from .refusals import Problem

__all__ = ["Admission"]

logger = logging.getLogger("django_aws_api_gateway_websockets.views")

_HOOKS: Final = (
    "_additional_connection_checks",
    "can_join_channel",
    "get_channel_permission",
    "has_all_permission",
    "has_any_permission",
    "permission_denied",
)
"""What a project may have put on the way of a connect."""


class Admission(LimitedAttempts):
    """The part of the view that answers `$connect`: only a 2xx opens the socket.

    Methods that are nobody else's business begin with two underscores: a project's view may use any
    other name for its own.
    """

    MAX_CHANNEL_NAME_LENGTH = 128
    CHANNEL_NAME_PATTERN = re.compile(r"^[a-zA-Z0-9_-]+$")
    ALLOW_UNLISTED_CHANNELS = True
    CHECK_PERMISSIONS_ON_CONNECT = False
    USE_WS_TOKEN = True
    required_connection_headers: ClassVar[list[str]] = [
        "Cookie",
        "Origin",
        "Sec-Websocket-Extensions",
        "Sec-Websocket-Key",
        "Sec-Websocket-Version",
    ]
    permissions_required: ClassVar[list[str]] = []
    all_permissions_required: ClassVar[list[str]] = []
    api_gateway: ApiGateway | None = None
    _known_rule: tuple[str | None, ChannelPermission | None] = None, None
    _rule_that_refused = ""
    _spent_token: tuple[str, str, str] | None = None

    def connect(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase | None:
        """Admit or refuse a new connection."""
        address, problem = inbound.client_address(request)
        if problem:
            self._debug(problem)
        if not self._has_attempts_left(request, address):
            # Not recorded: an attempt that was refused for being one too many must not keep the
            # door shut for the next one.
            return HttpResponseBadRequest("Too many connection attempts")
        refusal = self.__check_connection(request, *args, **kwargs)
        if self.RATE_LIMIT_ENABLED:
            user = guards.source_user(request)
            ConnectionRateLimit.record_attempt(address, user, successful=refusal is None)
        return refusal or JsonResponse({})

    def _keep_token_used(self) -> None:
        """Use the token up again, which a rollback of the project's `connect()` has given back."""
        if self._spent_token is not None:
            WebSocketToken.use_again(*self._spent_token)

    def can_join_channel(self, request: HttpRequest, channel_name: str) -> bool:
        """Whether the user may be in this channel; asked on connect and by `change_channel`.

        Args:
            request: its `user` is the one who asks.
            channel_name: already checked for form; "" when neither client nor gateway named one.
        """
        permission = calls.settle(self.get_channel_permission(channel_name))
        if permission is None:
            self._rule_that_refused = (
                f"there is no ChannelPermission, so {type(self).__name__}.ALLOW_UNLISTED_CHANNELS"
            )
            return self.ALLOW_UNLISTED_CHANNELS
        self._rule_that_refused = f"{type(permission).__name__} {permission}"
        return bool(permission.allows(getattr(request, "user", None)))

    def get_channel_permission(self, channel_name: str) -> ChannelPermission | None:
        """The rule for this channel, or None when there is none."""
        known_channel, rule = self._known_rule
        return (
            rule if channel_name == known_channel else ChannelPermission.for_channel(channel_name)
        )

    def has_any_permission(self, request: HttpRequest) -> bool:
        """Whether the user has one of `permissions_required`; True when none is required."""
        required = self.permissions_required
        return not required or any(request.user.has_perms([name]) for name in required)

    def has_all_permission(self, request: HttpRequest) -> bool:
        """Whether the user has each of `all_permissions_required`; True when none is required."""
        return all(request.user.has_perms([name]) for name in self.all_permissions_required)

    def _additional_connection_checks(
        self, request: HttpRequest, *args: Any, **kwargs: Any
    ) -> tuple[bool, str]:
        """A project's own conditions for a connection: `(True, "")`, or `(False, reason)`."""
        return True, ""

    def __check_connection(
        self, request: HttpRequest, *args: Any, **kwargs: Any
    ) -> HttpResponseBase | None:
        """Open a session, or say in the answer why not."""
        # A channel that cannot be joined is refused before it costs the token.
        problem = (
            self.__handshake_problem(request)
            or self.__channel_problem(request)
            or (self.__token_problem(request) if self.USE_WS_TOKEN else None)
        )
        if problem:
            return self.__refuse(request, problem)
        channel = request.GET.get("channel") or self.__default_channel()
        with self.__hook_transactions(request):
            refusal = self.__ask_hooks(request, channel, *args, **kwargs)
        if refusal is None and not self.__open_session(request, channel):
            taken = "another connection has this id, or had it"
            return self.__refuse(request, Problem("Invalid connection ID", taken))
        return refusal

    def __hook_transactions(self, request: HttpRequest) -> AbstractContextManager[None]:
        """What `ATOMIC_REQUESTS` asks for around hooks; nothing where all are the package's own."""
        # Around a `connect()` of the project the transaction is open already.
        is_begun = calls.is_overridden(self, Admission, ["connect"])
        if is_begun or not calls.is_overridden(self, Admission, _HOOKS):
            return nullcontext()
        return calls.project_transactions(request)

    def __ask_hooks(
        self, request: HttpRequest, channel: str, *args: Any, **kwargs: Any
    ) -> HttpResponseBase | None:
        if not self.__may_join(request, channel):
            return calls.settle(  # type: ignore[no-any-return]
                self.permission_denied(request, *args, **kwargs)
            )
        accepted, reason = calls.settle(
            self._additional_connection_checks(request, *args, **kwargs)
        )
        return None if accepted else self.__refuse(request, Problem(reason))

    def __may_join(self, request: HttpRequest, channel: str) -> bool:
        if self.CHECK_PERMISSIONS_ON_CONNECT and not self._passes_permission_lists(request):
            self._log_refusal("connection", request, self._permission_problem())
            return False
        return self._may_join_channel(request, channel, "connection")

    def __handshake_problem(self, request: HttpRequest) -> Problem | None:
        """What is wrong with the headers of the handshake."""
        missing = guards.missing_headers(request, self.required_connection_headers)
        if missing:
            names = ", ".join(missing)
            self._debug(f"Missing on connect: {names}")
            return Problem(f"Missing {len(missing)} headers", names)
        connection_id = request.headers[inbound.CONNECTION_ID_HEADER]
        if not guards.CONNECTION_ID_PATTERN.fullmatch(connection_id):
            return Problem("Invalid connection ID", "it has no form AWS gives")
        if not guards.is_allowed_host(request):
            self._debug("The Host is not among ALLOWED_HOSTS")
            return Problem("Host is not in AllowedHosts")
        return None if guards.is_origin_of_host(request) else Problem("Host is not in Origin")

    def __channel_problem(self, request: HttpRequest) -> Problem | None:
        named = request.GET.get("channel")
        if not named or self._accepts_channel_name(named):
            return None
        return Problem("Invalid channel", explanations.quote(named))

    def __token_problem(self, request: HttpRequest) -> Problem | None:
        """Use the token of the URL up and take on its user; what is wrong with it otherwise."""
        session = getattr(request, "session", None)
        session_key = session.session_key if session is not None else None
        if not session_key:
            self._debug("No session key present")
            return Problem("Invalid session", "no Django session came along; log in first")
        token, age = request.GET.get("ws_token", ""), get_setting("token_expiry_seconds")
        connection_id = request.headers[inbound.CONNECTION_ID_HEADER]
        user = WebSocketToken.validate_and_consume(
            token,
            session_key,
            max_age_seconds=age,
            likely_user=guards.source_user(request),
            connection_id=connection_id,
        )
        reason = "its user is inactive"
        if user is None:
            refusal = WebSocketToken.explain_refusal(
                token, session_key, max_age_seconds=age, connection_id=connection_id
            )
            user, reason = refusal.user, refusal.reason
            # A connect that is sent again may overtake the first one, which has no session then.
            if user is not None and refusal.is_too_old and not self.__is_open(request, user):
                user = None
        if user is None or not user.is_active:
            self._debug("Token missing, used, expired or made for another session")
            return Problem("Invalid or expired token", reason)
        self._spent_token = token, session_key, connection_id
        calls.act_as(request, user)
        return None

    def __open_session(self, request: HttpRequest, channel: str) -> bool:
        """Store the connection; False when its id already belongs to another one."""
        user = guards.source_user(request)
        session = WebSocketSession(
            connection_id=request.headers[inbound.CONNECTION_ID_HEADER],
            channel_name=channel,
            user=user,
            api_gateway=self.api_gateway,
            session_key_hash=self.__session_key_hash(request),
            auth_hash=hash_user_auth(user),
        )
        try:
            insert(session)
        except IntegrityError:
            return self.__is_open(request, user)
        return True

    def __is_open(self, request: HttpRequest, user: Any) -> bool:
        """Whether this very connection is open already: API Gateway may send a connect twice."""
        connection_id = request.headers[inbound.CONNECTION_ID_HEADER]
        found = WebSocketSession.objects.filter(
            connection_id=connection_id,
            api_gateway=self.api_gateway,
            user=user,
            session_key_hash=self.__session_key_hash(request),
            connected=True,
        )
        # MySQL compares text without regard to case; connection ids differ by it.
        return found.values_list("connection_id", flat=True).first() == connection_id

    @staticmethod
    def __session_key_hash(request: HttpRequest) -> str:
        session_key = getattr(getattr(request, "session", None), "session_key", None)
        return hash_session_key(session_key) if session_key else ""

    def _may_join_channel(self, request: HttpRequest, channel: str, what: str) -> bool:
        """Ask `can_join_channel()`; when it says no, log which rule did.

        Args:
            request: of a connect or a message.
            channel: the one to be joined.
            what: is refused, in a word for the log.
        """
        self._rule_that_refused = ""
        if calls.settle(self.can_join_channel(request, channel)):
            return True
        rule = self._rule_that_refused or f"{type(self).__name__}.can_join_channel()"
        user = getattr(request, "user", None)
        why = explanations.explain_rule(channel, rule, user)
        self._log_refusal(what, request, Problem("Permission Denied", why))
        return False

    def _permission_problem(self) -> Problem:
        """That the user lacks what the view asks for."""
        needs_all = bool(self.all_permissions_required)
        name = "all_permissions_required" if needs_all else "permissions_required"
        required = ", ".join(getattr(self, name)) or "none"
        said_no = f"{type(self).__name__}.{name} ({required}) said no"
        return Problem("Permission Denied", said_no)

    def _passes_permission_lists(self, request: HttpRequest) -> bool:
        """Whether the user has what `all_permissions_required`, or else the other list, names."""
        if self.all_permissions_required:
            return bool(calls.settle(self.has_all_permission(request)))
        return bool(calls.settle(self.has_any_permission(request)))

    def _accepts_channel_name(self, value: Any) -> bool:
        return guards.is_channel_name(
            value, self.CHANNEL_NAME_PATTERN, self.MAX_CHANNEL_NAME_LENGTH
        )

    def __default_channel(self) -> str:
        return self.api_gateway.default_channel_name if self.api_gateway else ""

    def __refuse(self, request: HttpRequest, problem: Problem) -> HttpResponseBadRequest:
        self._debug(problem.answer)
        self._log_refusal("connection", request, problem)
        return HttpResponseBadRequest(problem.answer)
