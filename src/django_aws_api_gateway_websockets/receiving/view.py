"""The view API Gateway calls for every event of a socket: its hooks, and what projects may set."""

import logging
import re
import warnings
from collections.abc import Callable
from typing import Any, ClassVar, Final

from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBadRequest,
    HttpResponseBase,
    HttpResponseForbidden,
)
from django.utils.decorators import classonlymethod, method_decorator
from django.utils.functional import classproperty
from django.utils.html import escape
from django.views.decorators.csrf import csrf_exempt
from django.views.generic import View

from ..conf import get_setting
from ..core.quotas import MAX_MESSAGE_BYTES
from ..models import ApiGateway, ChannelPermission, WebSocketSession
from .event import Event, find_missing_headers, read_body
from .handlers import DEFAULT_HANDLER, find_defined_handlers
from .hooks import find_automatic_handlers
from .instance_default import InstanceDefault
from .invoke import find_async_methods, stay_outside_transactions
from .origin import get_usable_secrets
from .reception import Reception
from .refusals import Refusal, log_refusal, note_logged, quote

__all__ = ["WebSocketView", "logger"]

logger = logging.getLogger("django_aws_api_gateway_websockets.views")

_DEBUG_ENTRY_CHARACTERS: Final = 500


@method_decorator(csrf_exempt, name="dispatch")
class WebSocketView(View):
    """Responds to the events of a WebSocket API: subclass it and define a method for each handler.

    The URL needs a slug named `route`: `path("ws/<slug:route>", MyView.as_view())`. A message goes
    to the method that its `handler` or `action` names, else to `default`. Neither CSRF nor
    `LoginRequiredMiddleware` applies to it.

    Handlers and hooks may be `def` or `async def`. As soon as one is async, so is the view: under
    ASGI it runs in the event loop, and what is not async runs in a thread.
    """

    # Projects import it from there.
    __module__ = "django_aws_api_gateway_websockets.views"

    ADDITIONAL_ALLOWED_HANDLERS: Any = []  # noqa: RUF012 - documented as plain and replaceable.
    ALLOWED_HANDLERS: Any = InstanceDefault(set(), find_automatic_handlers)
    ALLOW_UNLISTED_CHANNELS = True
    BASE_HANDLERS = frozenset({"default", "change_channel"})
    CHANNEL_NAME_PATTERN = re.compile(r"^[a-zA-Z0-9_-]+$")
    CHECK_CONNECT_USERAGENT = False
    CHECK_PERMISSIONS_ON_CONNECT = False
    EXCEPTION_MAIL_INTERVAL = 60
    MAX_BODY_SIZE = MAX_MESSAGE_BYTES
    MAX_CHANNEL_NAME_LENGTH = 128
    RATE_LIMIT_ENABLED = True
    RATE_LIMIT_MAX_ATTEMPTS: Any = InstanceDefault(
        0, lambda _view: get_setting("rate_limit_max_attempts")
    )
    RATE_LIMIT_WINDOW_MINUTES: Any = InstanceDefault(
        0, lambda _view: get_setting("rate_limit_window_minutes")
    )
    SEND_EXCEPTION_MAIL = True
    USE_WS_TOKEN = True
    additional_required_headers: ClassVar[list[str]] = [
        "X-Amzn-Trace-Id",
        "X-Forwarded-Port",
        "X-Real-Ip",
    ]
    all_permissions_required: ClassVar[list[str]] = []
    aws_api_gateway_id: str | None = None
    debug = False
    expected_useragent_prefix = "AmazonAPIGateway_"
    handler_selection_key = "handler"
    permissions_required: ClassVar[list[str]] = []
    required_connection_headers: ClassVar[list[str]] = [
        "Cookie",
        "Origin",
        "Sec-Websocket-Extensions",
        "Sec-Websocket-Key",
        "Sec-Websocket-Version",
    ]
    required_headers: ClassVar[list[str]] = [
        "Host",
        "X-Forwarded-For",
        "X-Forwarded-Proto",
        "Content-Length",
        "Connectionid",
        "User-Agent",
        "X-Amzn-Apigateway-Api-Id",
    ]
    route_selection_key = "action"

    # The subject of a request; each is set before the hook that may look at it.
    api_gateway: ApiGateway | None = None
    body: dict[str, Any] = {}  # noqa: RUF012 - replaced for each request in setup().
    debug_log: list[str] = []  # noqa: RUF012 - likewise.
    model: Any = None
    # Handlers always have one, and only they are given it; code that runs before them asks.
    websocket_session: WebSocketSession = None  # type: ignore[assignment]
    _websocket_reception: Reception | None = None

    @classproperty
    def view_is_async(cls) -> bool:  # noqa: N805 - Django's own class property.
        """True when a method of the class is `async def`; Django asks, and a project may."""
        return bool(find_async_methods(cls))

    @classonlymethod
    def as_view(cls, **initkwargs: Any) -> Callable[..., HttpResponseBase]:  # noqa: N805 - likewise.
        """Make the view for a URL; it begins the transactions of `ATOMIC_REQUESTS` itself."""
        view: Any = super().as_view(**initkwargs)
        # API Gateway sends neither cookies nor CSRF tokens: the view finds out itself whose a
        # message is. A project that overrides `dispatch` need not say so again.
        view.csrf_exempt = True
        view.login_required = False
        stay_outside_transactions(view)
        return view  # type: ignore[no-any-return]

    @classmethod
    def automatic_handlers(cls) -> frozenset[str]:
        """Name what clients may call while `ALLOWED_HANDLERS` is empty: what the class defines."""
        defined = find_defined_handlers(
            cls,  # type: ignore[arg-type] # the checker doubts that classes are hashable.
            WebSocketView,
            cls.BASE_HANDLERS,
        )
        return defined | {DEFAULT_HANDLER} | frozenset(cls.ADDITIONAL_ALLOWED_HANDLERS)

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        """Read the message before anything else, so that every hook can see `self.body`."""
        self.debug_log = []
        self._debug("Within setup")
        super().setup(request, *args, **kwargs)
        body = read_body(request, self.MAX_BODY_SIZE)
        self.body = body.values
        self._websocket_reception = Reception(self, WebSocketView, Event(request, body))
        if body.problem:
            self._debug(body.problem)
        self._debug("Setup completed")

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Check the request in the documented order and respond to it."""
        reception = self._websocket_reception_of(request)
        if self.view_is_async:
            response: Any = reception.arespond(*args, **kwargs)
            return response  # type: ignore[no-any-return] # Django awaits what an async view gives.
        return reception.respond(*args, **kwargs)

    def connect(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase | None:
        """Admit or refuse a new connection."""
        return self._websocket_reception_of(request).connect(*args, **kwargs)

    def disconnect(
        self, request: HttpRequest, *args: Any, **kwargs: Any
    ) -> HttpResponseBase | None:
        """Note that the connection is closed; API Gateway may say so more than once."""
        return self._websocket_reception_of(request).disconnect(*args, **kwargs)

    def default(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase | None:
        """Take the messages no other handler is named for."""
        text = "This logic needs to be defined within the subclass"
        if self._websocket_reception is not None:
            explanation = self._websocket_reception_of(request).explain_default()
            text += (
                f". {type(self).__name__} has no handler for this message: define default(), or a "
                "method with the name clients send as handler or action"
                f"{explanation and '; '}{explanation}"
            )
        raise NotImplementedError(text)

    def change_channel(
        self, request: HttpRequest, *args: Any, **kwargs: Any
    ) -> HttpResponseBase | None:
        """Move the connection to the channel the message names; None when it went well."""
        return self._websocket_reception_of(request).change_channel(*args, **kwargs)

    def can_join_channel(self, request: HttpRequest, channel_name: str) -> bool:
        """Decide whether the user may be in a channel; asked on connect and by `change_channel`.

        Args:
            request: its `user` is the one who asks.
            channel_name: already checked for form; "" when neither client nor gateway named one.
        """
        user = getattr(request, "user", None)
        return self._websocket_reception_of(request).rules.allow(user, channel_name)

    def get_channel_permission(self, channel_name: str) -> ChannelPermission | None:
        """Return the rule for this channel, or None when there is none."""
        reception = self._websocket_reception
        if reception is None:
            return ChannelPermission.for_channel(channel_name)
        return reception.rules.find(channel_name)

    def has_any_permission(self, request: HttpRequest) -> bool:
        """Tell whether the user has one of `permissions_required`; True when none is required."""
        required = self.permissions_required
        return not required or any(request.user.has_perms([name]) for name in required)

    def has_all_permission(self, request: HttpRequest) -> bool:
        """Tell whether the user has each of `all_permissions_required`, if any is required."""
        return all(request.user.has_perms([name]) for name in self.all_permissions_required)

    def _additional_connection_checks(
        self, request: HttpRequest, *args: Any, **kwargs: Any
    ) -> tuple[bool, str]:
        """Apply a project's own conditions for a connection: `(True, "")`, or `(False, reason)`."""
        return True, ""

    def invalid_gateway_secret(
        self, request: HttpRequest, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Respond to a request that does not show the gateway's secret."""
        hint = "" if get_usable_secrets() else ": none that is configured can be used, see E001"
        logger.warning("A request without an accepted gateway secret was refused%s.", hint)
        note_logged(request, f"it shows no accepted gateway secret{hint}")
        self._debug("Gateway secret missing or not accepted")
        return HttpResponseForbidden("Invalid request")

    def missing_headers(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Respond to a request that lacks a header, or comes from an API nobody registered."""
        required = [*self.required_headers, *self.additional_required_headers]
        missing = find_missing_headers(request, required)
        self._debug(f"Expected {required}. Received {sorted(request.headers)}.")
        event = Event(request)
        reason = "no ApiGateway record has the API id it names"
        if missing:
            reason = (
                f"it lacks {', '.join(missing)}, which a proxy in front of Django may have removed:"
                " let it through, or shorten additional_required_headers"
            )
        elif self.aws_api_gateway_id not in (None, event.api_id):
            reason = (
                f"it comes from the API {quote(event.api_id)}, and aws_api_gateway_id is "
                f"{quote(self.aws_api_gateway_id)}"
            )
        log_refusal("request", event, Refusal("", reason))
        return HttpResponseBadRequest("Invalid request headers")

    def invalid_useragent(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Respond to a connect whose User-Agent is not API Gateway's."""
        return HttpResponseBadRequest("Unexpected Useragent")

    def session_not_found(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Respond for a connection that is unknown, closed, or whose login has ended."""
        return HttpResponseBadRequest("Invalid connection ID")

    def permission_denied(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Respond to a user who lacks a permission or may not join the channel."""
        return HttpResponseForbidden("Permission Denied")

    def handler_selection_key_missing(
        self, request: HttpRequest, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Respond to a message that names neither a handler nor an action."""
        return HttpResponseBadRequest("Invalid request format (1)")

    def route_selection_key_missing(
        self, request: HttpRequest, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Deprecated; nothing calls it. Use `handler_selection_key_missing`."""
        warnings.warn(
            "route_selection_key_missing is deprecated: use handler_selection_key_missing.",
            DeprecationWarning,
            stacklevel=2,
        )
        key = self.route_selection_key
        return HttpResponseBadRequest(f"route_select_key {key} missing from request body.")

    def _debug(self, msg: str) -> None:
        """Keep a line for the developer while `debug` is on, safe to show in a page."""
        if self.debug:
            # Before `setup()` it is that of the class, and all views would write into one.
            self.debug_log = self.__dict__.get("debug_log", [])
            self.debug_log.append(str(escape(msg[:_DEBUG_ENTRY_CHARACTERS])))

    def _websocket_reception_of(self, request: HttpRequest) -> Reception:
        """Return the reception of this request; a hook may be called for another one."""
        reception = self._websocket_reception
        if reception is None or reception.event.request is not request:
            reception = Reception(self, WebSocketView, Event(request))
            self._websocket_reception = reception
        return reception
