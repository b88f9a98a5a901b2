"""The hooks and attributes of a view that the steps ask: the documented ones, and no others."""

import re
from collections.abc import Collection, Sequence
from typing import Any, Protocol

from django.http import HttpRequest

from ..models import ApiGateway, ChannelPermission, WebSocketSession
from .event import is_channel_name
from .refusals import quote

__all__ = [
    "Hooks",
    "accepts_channel_name",
    "allowed_handlers",
    "allows_method",
    "explain_channel_form",
    "find_automatic_handlers",
    "names_handler",
    "selection_keys",
]


class Hooks(Protocol):
    """A view, as everything in `receiving` but the view itself knows it.

    A hook may be `async def` in a project, and then gives an awaitable: see `invoke.resolve`.
    """

    ADDITIONAL_ALLOWED_HANDLERS: Any
    ALLOWED_HANDLERS: Any
    CHANNEL_NAME_PATTERN: re.Pattern[str]
    CHECK_CONNECT_USERAGENT: bool
    CHECK_PERMISSIONS_ON_CONNECT: bool
    ALLOW_UNLISTED_CHANNELS: bool
    EXCEPTION_MAIL_INTERVAL: int
    MAX_CHANNEL_NAME_LENGTH: int
    RATE_LIMIT_ENABLED: bool
    RATE_LIMIT_MAX_ATTEMPTS: int
    RATE_LIMIT_WINDOW_MINUTES: int
    SEND_EXCEPTION_MAIL: bool
    USE_WS_TOKEN: bool
    api_gateway: ApiGateway | None
    aws_api_gateway_id: str | None
    body: dict[str, Any]
    expected_useragent_prefix: str
    handler_selection_key: str
    route_selection_key: str
    websocket_session: WebSocketSession

    @property
    def additional_required_headers(self) -> Collection[str]: ...
    @property
    def all_permissions_required(self) -> Collection[str]: ...
    @property
    def http_method_names(self) -> Sequence[str]: ...
    @property
    def permissions_required(self) -> Collection[str]: ...
    @property
    def required_connection_headers(self) -> Collection[str]: ...
    @property
    def required_headers(self) -> Collection[str]: ...

    def _additional_connection_checks(
        self, request: HttpRequest, *args: Any, **kwargs: Any
    ) -> Any: ...
    def _debug(self, msg: str) -> None: ...
    @classmethod
    def automatic_handlers(cls) -> frozenset[str]: ...
    def can_join_channel(self, request: HttpRequest, channel_name: str) -> Any: ...
    def get_channel_permission(self, channel_name: str) -> ChannelPermission | None: ...
    def has_all_permission(self, request: HttpRequest) -> Any: ...
    def has_any_permission(self, request: HttpRequest) -> Any: ...
    def permission_denied(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any: ...


def allows_method(view: Hooks, request: HttpRequest) -> bool:
    """Tell whether the view takes requests of this HTTP method."""
    return (request.method or "").lower() in view.http_method_names


def selection_keys(view: Hooks) -> tuple[str, str]:
    """Return the members of a message that may name its handler, in order of precedence."""
    return view.handler_selection_key, view.route_selection_key


def names_handler(view: Hooks) -> bool:
    """Tell whether the message has a member that may name its handler, whatever the value."""
    return any(key in view.body for key in selection_keys(view))


def explain_channel_form(view: Hooks, value: Any) -> str:
    """Explain which names of channels the view takes, in place of this one."""
    longest = view.MAX_CHANNEL_NAME_LENGTH
    return (
        f"{quote(value)}; names match CHANNEL_NAME_PATTERN, {view.CHANNEL_NAME_PATTERN.pattern}, "
        f"and have {longest} characters at most"
    )


def allowed_handlers(view: Hooks) -> frozenset[str]:
    """Name the methods of the view that clients may call."""
    # A project may have set it empty.
    return frozenset(view.ALLOWED_HANDLERS or find_automatic_handlers(view))


def find_automatic_handlers(view: Hooks) -> set[str]:
    """Name what clients may call of a view that does not list it."""
    # The arguments of `as_view(...)` count, too.
    return {*view.automatic_handlers(), *view.ADDITIONAL_ALLOWED_HANDLERS}


def accepts_channel_name(view: Hooks, value: Any) -> bool:
    """Tell whether a value has the form the view wants of channels, and fits into the database."""
    return is_channel_name(value, view.CHANNEL_NAME_PATTERN, view.MAX_CHANNEL_NAME_LENGTH)
