"""A connect: the checks of a handshake in their documented order, and the session it opens.

Only a 2xx opens the socket.
"""

from contextlib import AbstractContextManager, nullcontext
from typing import Any, Final

from django.http import HttpResponseBadRequest, HttpResponseBase, JsonResponse

from ..conf import get_setting
from ..models import ConnectionRateLimit, WebSocketSession, WebSocketToken
from ..models.login import Login
from .channel_rules import ChannelRules, explain_missing_permission, has_permissions
from .event import Event, find_missing_headers
from .hooks import Hooks, accepts_channel_name, explain_channel_form
from .invoke import is_overridden, project_transactions, resolve, set_user
from .limits import Attempts
from .opening import Opening
from .origin import is_allowed_host, is_origin_of_host
from .refusals import Refusal, explain_missing_cookie, explain_other_origin, log_refusal, quote

__all__ = ["ConnectChecks", "required_connection_headers"]

_COOKIE: Final = "cookie"

_HOOKS: Final = (
    "_additional_connection_checks",
    "can_join_channel",
    "get_channel_permission",
    "has_all_permission",
    "has_any_permission",
    "permission_denied",
)
"""Methods a project may have put on the way of a connect."""


class ConnectChecks:
    """Makes the checks of one connect, and opens its session or refuses it.

    Args:
        view: has the hooks.
        base: the view class of this package, to see which of its methods the project has
            overridden.
        event: the connect.
        rules: asked for the channel.
        attempts: counts this one.
    """

    def __init__(
        self, view: Hooks, base: type, event: Event, *, rules: ChannelRules, attempts: Attempts
    ) -> None:
        self._view = view
        self._base = base
        self._event = event
        self._rules = rules
        self._attempts = attempts
        self._opening = Opening(view, event)
        self._spent_token: tuple[str, Login, str] | None = None

    @property
    def session(self) -> WebSocketSession | None:
        """The session that was opened."""
        return self._opening.session

    def admit(self, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Open a session, or respond why not; either is recorded for people to look at."""
        address = self._event.address
        if address.problem:
            self._debug(address.problem)
        if not self._attempts.count():
            self._attempts.log_refusal()
            # Not recorded: an attempt that was refused for being one too many must not keep the
            # next one out.
            return self._noted(HttpResponseBadRequest("Too many connection attempts"))
        response = self._check_handshake() or self._check_rules(*args, **kwargs)
        if self._view.RATE_LIMIT_ENABLED:
            ConnectionRateLimit.record_attempt(
                address.text, self._event.user, successful=response is None
            )
        return JsonResponse({}) if response is None else self._noted(response)

    def _noted(self, refused: HttpResponseBase) -> HttpResponseBase:
        """Note the reason with the token: no browser tells a page what the response says."""
        content = getattr(refused, "content", b"")
        WebSocketToken.note_refusal(self._event.token, content.decode(errors="replace"))
        return refused

    def keep_token_used(self) -> None:
        """Use the token up again, which a rollback of the project's `connect()` has given back."""
        if self._spent_token is not None:
            WebSocketToken.use_again(*self._spent_token)

    def _check_handshake(self) -> HttpResponseBase | None:
        """Refuse what the headers, the channel's name or the token say against the connect."""
        # A channel that cannot be joined is refused before it costs the token.
        refusal = (
            self._find_bad_header()
            or self._find_bad_channel()
            or (self._use_token() if self._view.USE_WS_TOKEN else None)
        )
        return self._refuse(refusal) if refusal else None

    def _check_rules(self, *args: Any, **kwargs: Any) -> HttpResponseBase | None:
        """Refuse what the project's rules say against it; else open the session."""
        channel = self._event.channel or self._default_channel()
        with self._hook_transactions():
            response = self._ask_hooks(channel, *args, **kwargs)
        if response is None and not self._opening.store(channel):
            taken = "another connection has this id, or had it"
            return self._refuse(Refusal("Invalid connection ID", taken))
        return response

    def _hook_transactions(self) -> AbstractContextManager[None]:
        """Begin what `ATOMIC_REQUESTS` asks for around hooks; nothing where all are our own."""
        # Around a `connect()` of the project the transaction is open already.
        is_begun = is_overridden(self._view, self._base, ["connect"])
        if is_begun or not is_overridden(self._view, self._base, _HOOKS):
            return nullcontext()
        return project_transactions(self._event.request)

    def _ask_hooks(self, channel: str, *args: Any, **kwargs: Any) -> HttpResponseBase | None:
        view, request = self._view, self._event.request
        if not self._may_join(channel):
            denial: HttpResponseBase = resolve(view.permission_denied(request, *args, **kwargs))
            return denial
        accepted, reason = resolve(
            view._additional_connection_checks(request, *args, **kwargs)  # noqa: SLF001 - a documented hook.
        )
        return None if accepted else self._refuse(Refusal(reason))

    def _may_join(self, channel: str) -> bool:
        view = self._view
        if view.CHECK_PERMISSIONS_ON_CONNECT and not has_permissions(view, self._event.request):
            log_refusal("connection", self._event, explain_missing_permission(view))
            return False
        return self._rules.may_join(channel, what="connection")

    def _find_bad_header(self) -> Refusal | None:
        event = self._event
        required = required_connection_headers(self._view, self._base)
        missing = find_missing_headers(event.request, required)
        if missing:
            names = ", ".join(missing)
            self._debug(f"Missing on connect: {names}")
            is_cookie = any(name.lower() == _COOKIE for name in missing)
            hint = f"; {explain_missing_cookie(event)}" if is_cookie else ""
            return Refusal(f"Missing {len(missing)} headers", names + hint)
        if not event.has_connection_id:
            return Refusal("Invalid connection ID", "it has no form AWS gives")
        if not is_allowed_host(event.request):
            self._debug("The Host is not among ALLOWED_HOSTS")
            host = quote(event.request.META.get("HTTP_HOST", ""))
            advice = f"Django is called at {host}: add that host to ALLOWED_HOSTS"
            return Refusal("Host is not in AllowedHosts", advice)
        if is_origin_of_host(event.request):
            return None
        return Refusal("Host is not in Origin", explain_other_origin(event))

    def _find_bad_channel(self) -> Refusal | None:
        named = self._event.channel
        if not named or accepts_channel_name(self._view, named):
            return None
        return Refusal("Invalid channel", explain_channel_form(self._view, named))

    def _use_token(self) -> Refusal | None:
        """Use the token of the URL up and take on its user, or say what is wrong with it."""
        event, login = self._event, self._event.login
        if not login.key:
            self._debug("No session key present")
            why = f"no Django session came along; log in first, or {explain_missing_cookie(event)}"
            if event.has_ended_login:
                why = "its login has ended, as by a new password; log in again"
            return Refusal("Invalid session", why)
        age = get_setting("token_expiry_seconds")
        user = WebSocketToken.validate_and_consume(
            event.token,
            login,
            max_age_seconds=age,
            likely_user=event.user,
            connection_id=event.connection_id,
            api_id=event.api_id,
        )
        reason = "its user is inactive"
        if user is None:
            refused = WebSocketToken.explain_refusal(
                event.token,
                login,
                max_age_seconds=age,
                connection_id=event.connection_id,
                api_id=event.api_id,
            )
            user, reason = refused.user, refused.reason
            # A connect that is sent again may overtake the first one, which has no session then.
            if user is not None and refused.is_too_old and not self._opening.is_repeated(user):
                user = None
        if user is None or not user.is_active:
            self._debug("Token missing, used, expired or made for another session")
            return Refusal("Invalid or expired token", reason)
        self._spent_token = event.token, login, event.connection_id
        set_user(event.request, user)
        return None

    def _default_channel(self) -> str:
        gateway = self._view.api_gateway
        return gateway.default_channel_name if gateway else ""

    def _refuse(self, refusal: Refusal) -> HttpResponseBadRequest:
        self._debug(refusal.text)
        log_refusal("connection", self._event, refusal)
        return HttpResponseBadRequest(refusal.text)

    def _debug(self, text: str) -> None:
        self._view._debug(text)  # noqa: SLF001 - a documented hook.


def required_connection_headers(view: Hooks, base: type) -> list[str]:
    """Name the headers a handshake must have.

    Where anybody may connect, a browser needs no cookie: it may have been given none.

    Args:
        view: names them.
        base: the view class of this package.
    """
    names = view.required_connection_headers
    # A list of the project's own is meant as it is.
    is_ours = names is getattr(base, "required_connection_headers", None)
    demands_login = view.USE_WS_TOKEN or view.CHECK_PERMISSIONS_ON_CONNECT
    if demands_login or not is_ours:
        return list(names)
    return [name for name in names if name.lower() != _COOKIE]
