"""Who may connect: the checks of a handshake in their documented order, and what it opens."""

import logging
import re
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from typing import Any, ClassVar, Final

from django.db import IntegrityError
from django.http import HttpRequest, HttpResponseBadRequest, HttpResponseBase, JsonResponse

from . import calls, guards, inbound
from .conf import get_setting
from .models import (
    ApiGateway,
    AttemptWindow,
    ChannelPermission,
    ConnectionRateLimit,
    WebSocketSession,
    WebSocketToken,
    attempt_key,
    hash_session_key,
    hash_user_auth,
)
from .models.attempt_window import Seen
from .models.insertion import insert
from .refusals import RefusalAnswers

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


class Admission(RefusalAnswers):
    """The part of the view that answers `$connect`: only a 2xx opens the socket.

    Methods that are nobody else's business begin with two underscores: a project's view may use any
    other name for its own.
    """

    MAX_CHANNEL_NAME_LENGTH = 128
    CHANNEL_NAME_PATTERN = re.compile(r"^[a-zA-Z0-9_-]+$")
    ALLOW_UNLISTED_CHANNELS = True
    CHECK_PERMISSIONS_ON_CONNECT = False
    USE_WS_TOKEN = True
    RATE_LIMIT_ENABLED = True
    RATE_LIMIT_MAX_ATTEMPTS = 0
    RATE_LIMIT_WINDOW_MINUTES = 0
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
    _unlisted_channel: str | None = None
    _seen_window: tuple[str, datetime | Seen] = ("", Seen.NOT_LOOKED)
    _counted_attempt: tuple[str, bool] | None = None
    _spent_token = ""

    def connect(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase | None:
        """Admit or refuse a new connection."""
        address, problem = inbound.client_address(request)
        if problem:
            self._debug(problem)
        key = attempt_key(address, guards.source_user(request))
        if self.RATE_LIMIT_ENABLED and not self.__has_attempts_left(key):
            # Not recorded: an attempt that was refused for being one too many must not keep the
            # door shut for the next one.
            return self.__refuse("Too many connection attempts")
        refusal = self.__check_connection(request, *args, **kwargs)
        if self.RATE_LIMIT_ENABLED:
            user = guards.source_user(request)
            ConnectionRateLimit.record_attempt(address, user, successful=refusal is None)
        return refusal or JsonResponse({})

    def _count_attempt(self, request: HttpRequest) -> None:
        """Count a connect before a project's `connect()` does it within its transaction.

        There the row would stay locked for as long as the project's code takes, and an exception
        would undo the count.
        """
        if self.RATE_LIMIT_ENABLED:
            address, _ = inbound.client_address(request)
            key = attempt_key(address, guards.source_user(request))
            self._counted_attempt = key, self.__take_attempt(key)

    def _keep_token_used(self) -> None:
        """Use the token up again, which a rollback of the project's `connect()` has given back."""
        if self._spent_token:
            WebSocketToken.objects.filter(token=self._spent_token).update(used=True)

    def can_join_channel(self, request: HttpRequest, channel_name: str) -> bool:
        """Whether the user may be in this channel; asked on connect and by `change_channel`.

        Args:
            request: its `user` is the one who asks.
            channel_name: already checked for form; "" when neither client nor gateway named one.
        """
        permission = calls.settle(self.get_channel_permission(channel_name))
        if permission is None:
            return self.ALLOW_UNLISTED_CHANNELS
        return bool(permission.allows(getattr(request, "user", None)))

    def get_channel_permission(self, channel_name: str) -> ChannelPermission | None:
        """The rule for this channel, or None when there is none."""
        if channel_name == self._unlisted_channel:
            return None
        return ChannelPermission.for_channel(channel_name)

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
        reason = (
            self.__handshake_problem(request)
            or self.__channel_problem(request)
            or (self.USE_WS_TOKEN and self.__token_problem(request))
        )
        if reason:
            return self.__refuse(reason)
        channel = request.GET.get("channel") or self.__default_channel()
        with self.__hook_transactions(request):
            refusal = self.__ask_hooks(request, channel, *args, **kwargs)
        if refusal is None and not self.__open_session(request, channel):
            return self.__refuse("Invalid connection ID")
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
        if (
            self.CHECK_PERMISSIONS_ON_CONNECT and not self._passes_permission_lists(request)
        ) or not calls.settle(self.can_join_channel(request, channel)):
            return self.permission_denied(request, *args, **kwargs)
        accepted, reason = calls.settle(
            self._additional_connection_checks(request, *args, **kwargs)
        )
        return None if accepted else self.__refuse(reason)

    def __handshake_problem(self, request: HttpRequest) -> str:
        """What is wrong with the headers of the handshake, as answered; "" when nothing is."""
        missing = guards.missing_headers(request, self.required_connection_headers)
        if missing:
            self._debug(f"Missing on connect: {', '.join(missing)}")
            return f"Missing {len(missing)} headers"
        connection_id = request.headers[inbound.CONNECTION_ID_HEADER]
        if not guards.CONNECTION_ID_PATTERN.fullmatch(connection_id):
            return "Invalid connection ID"
        if not guards.is_allowed_host(request):
            self._debug("The Host is not among ALLOWED_HOSTS")
            return "Host is not in AllowedHosts"
        return "" if guards.is_origin_of_host(request) else "Host is not in Origin"

    def __channel_problem(self, request: HttpRequest) -> str:
        named = request.GET.get("channel")
        return "Invalid channel" if named and not self._accepts_channel_name(named) else ""

    def __token_problem(self, request: HttpRequest) -> str:
        """Use the token of the URL up and take on its user; what is wrong with it otherwise."""
        session = getattr(request, "session", None)
        session_key = session.session_key if session is not None else None
        if not session_key:
            self._debug("No session key present")
            return "Invalid session"
        token = request.GET.get("ws_token", "")
        user = WebSocketToken.validate_and_consume(
            token,
            session_key,
            max_age_seconds=get_setting("token_expiry_seconds"),
            likely_user=guards.source_user(request),
        )
        if user is None or not user.is_active:
            self._debug("Token missing, used, expired or made for another session")
            return "Invalid or expired token"
        self._spent_token = token
        calls.act_as(request, user)
        return ""

    def __open_session(self, request: HttpRequest, channel: str) -> bool:
        """Store the connection; False when its id already belongs to another one."""
        user = guards.source_user(request)
        session_key = getattr(getattr(request, "session", None), "session_key", None)
        session = WebSocketSession(
            connection_id=request.headers[inbound.CONNECTION_ID_HEADER],
            channel_name=channel,
            user=user,
            api_gateway=self.api_gateway,
            session_key_hash=hash_session_key(session_key) if session_key else "",
            auth_hash=hash_user_auth(user),
        )
        try:
            insert(session)
        except IntegrityError:
            return self.__is_repeated(session)
        return True

    def __is_repeated(self, session: WebSocketSession) -> bool:
        """Whether this connect was already answered: API Gateway may send one twice."""
        return WebSocketSession.objects.filter(
            connection_id=session.connection_id,
            api_gateway=session.api_gateway,
            user=session.user,
            session_key_hash=session.session_key_hash,
            connected=True,
        ).exists()

    def __has_attempts_left(self, key: str) -> bool:
        # A project may have put another user into the request since.
        if self._counted_attempt is not None and self._counted_attempt[0] == key:
            has_room = self._counted_attempt[1]
        else:
            has_room = self.__take_attempt(key)
        if has_room:
            return True
        limit, minutes = self.__limit()
        self._debug(f"Rate limit exceeded: {limit} attempts")
        logger.warning(
            "A connection was refused: %s has made %d attempts within %s minutes.",
            key,
            limit,
            minutes,
        )
        return False

    def __take_attempt(self, key: str) -> bool:
        limit, minutes = self.__limit()
        seen_key, seen = self._seen_window
        return AttemptWindow.take(
            key,
            limit=limit,
            window_seconds=minutes * 60.0,
            opened_at=seen if seen_key == key else Seen.NOT_LOOKED,
        )

    def __limit(self) -> tuple[int, float]:
        """Attempts in a window, and its length in minutes."""
        limit = self.RATE_LIMIT_MAX_ATTEMPTS or get_setting("rate_limit_max_attempts")
        minutes = self.RATE_LIMIT_WINDOW_MINUTES or get_setting("rate_limit_window_minutes")
        return limit, minutes

    def _passes_permission_lists(self, request: HttpRequest) -> bool:
        if self.all_permissions_required:
            return bool(calls.settle(self.has_all_permission(request)))
        return bool(calls.settle(self.has_any_permission(request)))

    def _accepts_channel_name(self, value: Any) -> bool:
        return guards.is_channel_name(
            value, self.CHANNEL_NAME_PATTERN, self.MAX_CHANNEL_NAME_LENGTH
        )

    def __default_channel(self) -> str:
        return self.api_gateway.default_channel_name if self.api_gateway else ""

    def __refuse(self, reason: str) -> HttpResponseBadRequest:
        self._debug(reason)
        logger.info("A connection was refused: %s.", reason)
        return HttpResponseBadRequest(reason)
