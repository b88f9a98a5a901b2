"""The settings of a stage and of its routes: their form, rules, throttles and logs.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-protect.html
"""

from collections.abc import Mapping
from typing import Any, Final

from ...core.events.routes import CONNECT, DEFAULT, DISCONNECT
from ...core.quotas import MAX_LOG_FORMAT_CHARACTERS
from ...core.throttling import RateLimit
from ..deployed.log_settings import LogLevel, LogSettings
from .fields import Kind, complaint_about, flag, number, text
from .records import Change, ControlError, JsonObject, bad_request, not_found

__all__ = [
    "access_log_settings",
    "check_access_log",
    "check_route_settings",
    "limits_by_route",
    "log_format",
    "log_settings",
    "log_settings_by_route",
    "rate_limit",
    "route_settings",
    "settings_by_route",
    "unknown_route_settings",
]

DEFAULT_RATE_PER_SECOND: Final = 10_000.0
DEFAULT_BURST: Final = 5_000
"""Limit of the account, for a stage without its own."""

_CALLS_OF_CONNECTIONS: Final = frozenset(
    f"{method} /@connections/{{connectionId}}" for method in ("DELETE", "GET", "POST")
)
"""Pseudo keys for settings about logs and metrics of `@connections`, as captured from AWS."""


_RESERVED: Final = frozenset({CONNECT, DISCONNECT, DEFAULT})

_LARGEST: Final = 1_000_000_000


def _rate(value: Any) -> str | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= _LARGEST:
        return f"Member must be a number between 0 and {_LARGEST}"
    return None


# AWS treats an unknown level, such as DEBUG, as OFF.
_SETTINGS: Final[Mapping[str, Kind]] = {
    "dataTraceEnabled": flag,
    "detailedMetricsEnabled": flag,
    "loggingLevel": text(0, 64),
    "throttlingBurstLimit": number(0, _LARGEST),
    "throttlingRateLimit": _rate,
}

_ACCESS_LOG: Final[Mapping[str, Kind]] = {
    "destinationArn": text(0, 2048),
    "format": text(0, MAX_LOG_FORMAT_CHARACTERS),
}


def route_settings(value: Any) -> str | None:
    """Accept the settings of one route, or the default settings."""
    return complaint_about(value, _SETTINGS)


def settings_by_route(value: Any) -> str | None:
    """Accept settings by route key."""
    if not isinstance(value, dict):
        return "Member must be a map of structures"
    return next((found for item in value.values() if (found := route_settings(item))), None)


def access_log_settings(value: Any) -> str | None:
    """Accept the settings of an access log, which goes to the gateway's own log here."""
    return complaint_about(value, _ACCESS_LOG)


def check_access_log(change: Change) -> None:
    """Check that a format makes one line with an id of the event.

    The first text is AWS's; AWS's second text is not known.

    Source: https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid-stages.html
    """
    line_format = (change.given.get("accessLogSettings") or {}).get("format")
    if not line_format:
        return
    if len(line_format.rstrip("\n").splitlines()) > 1:
        raise bad_request(
            "Access Log format must be single line, new line character is allowed only at end of "
            "the format"
        )
    if not any(f"$context.{name}" in line_format for name in ("requestId", "extendedRequestId")):
        raise bad_request(
            "Access Log format must include at least $context.requestId or "
            "$context.extendedRequestId"
        )


def log_format(settings: JsonObject) -> str | None:
    """Return the format in a stage's access log settings; `None` when they have none."""
    # A state from before formats were checked may have one with several lines.
    return " ".join((settings.get("format") or "").splitlines()) or None


def log_settings(settings: JsonObject) -> LogSettings:
    """Return the settings of the execution log in the settings of a route."""
    return LogSettings(
        LogLevel.__members__.get(settings.get("loggingLevel", ""), LogLevel.OFF),
        traces_data=bool(settings.get("dataTraceEnabled")),
    )


def log_settings_by_route(stage: JsonObject) -> dict[str, LogSettings]:
    """Return the execution log settings of the routes that have their own, by key.

    The stage's default settings complete them.
    """
    default = stage.get("defaultRouteSettings", {})
    own_settings = {
        key: {
            name: settings[name]
            for name in ("loggingLevel", "dataTraceEnabled")
            # An empty text says nothing, as everywhere.
            if settings.get(name) not in {"", None}
        }
        for key, settings in stage.get("routeSettings", {}).items()
    }
    return {key: log_settings({**default, **own}) for key, own in own_settings.items() if own}


def check_route_settings(change: Change) -> None:
    """Check that settings are only for existing routes, and for those each API can have.

    Terraform's acceptance tests set `$connect`, `$disconnect` and `$default` of APIs without
    routes.
    """
    keys = {route.document["routeKey"] for route in change.api.below("routes").values()}
    for key in change.given.get("routeSettings") or {}:
        if key not in keys | _RESERVED and key not in _CALLS_OF_CONNECTIONS:
            raise unknown_route_settings(key)


def unknown_route_settings(key: str) -> ControlError:
    """Make the error for the settings of a route that has none."""
    return not_found(
        f"Unable to find Route by key {key[:128]} within the provided RouteSettings",
        resource_type="Route",
    )


def rate_limit(settings: JsonObject) -> RateLimit | None:
    """Return the throttle in some settings; `None` when they have none."""
    rate, burst = settings.get("throttlingRateLimit"), settings.get("throttlingBurstLimit")
    if rate is None and burst is None:
        return None
    return RateLimit(
        per_second=float(DEFAULT_RATE_PER_SECOND if rate is None else rate),
        burst=DEFAULT_BURST if burst is None else burst,
    )


def limits_by_route(settings: JsonObject) -> dict[str, RateLimit]:
    """Return the throttles of the routes that have their own."""
    limits = {key: rate_limit(item) for key, item in settings.items()}
    return {key: limit for key, limit in limits.items() if limit is not None}
