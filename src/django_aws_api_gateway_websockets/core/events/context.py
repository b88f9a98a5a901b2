"""The `$context` of an event: what API Gateway knows about it beside the message.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-mapping-template-reference.html
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final, NamedTuple

from ..closures import Closure
from ..json_path import Json
from .identifiers import ApiId, ConnectionId, RequestId

__all__ = ["EventContext", "EventType", "common_log_time"]

_MONTHS: Final = (
    "Jan",
    "Feb",
    "Mar",
    "Apr",
    "May",
    "Jun",
    "Jul",
    "Aug",
    "Sep",
    "Oct",
    "Nov",
    "Dec",
)


class EventType(StrEnum):
    """Kinds of events of a connection."""

    CONNECT = "CONNECT"
    """A client asks to be let in."""
    MESSAGE = "MESSAGE"
    """A client sent a message."""
    DISCONNECT = "DISCONNECT"
    """A connection has ended, whoever ended it."""


# A named tuple, as what else is made for every event: made in half of a frozen dataclass's time.
class EventContext(NamedTuple):
    """Everything an integration can map from `context.*` about one event."""

    api_id: ApiId
    stage: str
    domain_name: str
    """The host the client used, without its port."""
    connection_id: ConnectionId
    connected_at_ms: int
    """Milliseconds since the epoch, as AWS counts them."""
    source_ip: str
    user_agent: str | None
    """`None` when the client sent none."""
    event_type: EventType
    route_key: str
    request_id: RequestId
    requested_at_ms: int
    message_id: str | None = None
    """Only messages have one."""
    closure: Closure | None = None
    """Only the end of a connection has one."""

    def value_of(self, name: str) -> str | None:
        """The variable `context.<name>` as text; `None` when this event has no such variable."""
        variable = _VARIABLES.get(name)
        value = None if variable is None else variable(self)
        return str(value) if isinstance(value, int) else value

    def as_tree(self) -> dict[str, Json]:
        """Every variable this event has, `identity.sourceIp` below `identity`; numbers as such."""
        tree: dict[str, Json] = {}
        for name, variable in _VARIABLES.items():
            value = variable(self)
            if value is None:
                continue
            parent, _, member = name.rpartition(".")
            below = tree.setdefault(parent, {}) if parent else tree
            # Two levels are all there is.
            assert isinstance(below, dict)  # noqa: S101
            below[member] = value
        return tree


def common_log_time(epoch_ms: int) -> str:
    """A moment in the Common Log Format: `25/Sep/2026:00:23:04 +0000`."""
    moment = datetime.fromtimestamp(epoch_ms // 1000, tz=UTC)
    # strftime("%b") would follow the locale of the process.
    return f"{moment:%d}/{_MONTHS[moment.month - 1]}/{moment:%Y:%H:%M:%S} +0000"


# The close code and reason are in the event AWS sends to Lambda; that `context.*` reaches them in a
# parameter mapping is inferred.
_VARIABLES: Final[Mapping[str, Callable[[EventContext], str | int | None]]] = {
    "apiId": lambda context: context.api_id,
    "connectedAt": lambda context: context.connected_at_ms,
    "connectionId": lambda context: context.connection_id,
    "disconnectReason": lambda context: context.closure.reason if context.closure else None,
    "disconnectStatusCode": lambda context: context.closure.code if context.closure else None,
    "domainName": lambda context: context.domain_name,
    "eventType": lambda context: context.event_type.value,
    "extendedRequestId": lambda context: context.request_id,
    "identity.sourceIp": lambda context: context.source_ip,
    "identity.userAgent": lambda context: context.user_agent,
    "messageDirection": lambda _: "IN",
    "messageId": lambda context: context.message_id,
    "requestId": lambda context: context.request_id,
    "requestTime": lambda context: common_log_time(context.requested_at_ms),
    "requestTimeEpoch": lambda context: context.requested_at_ms,
    "routeKey": lambda context: context.route_key,
    "stage": lambda context: context.stage,
}
