"""What happened in the gateway, as values: written down once, read by whoever keeps count.

The access log, the metrics and the live page read the same entries, so they cannot disagree. An
entry answers for API Gateway's `$context` variables by name, which is what a log format asks.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-logging.html
"""

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple, TypeAlias

from ...core.context import EventContext, EventType
from ...core.error_frames import GatewayMessage

__all__ = ["CallEntry", "Entry", "Journal", "Outcome", "RefusalEntry", "SocketEntry", "size_of"]

_CALL_NAMES: Final = {
    "POST": "POST_TO_CONNECTION",
    "GET": "GET_CONNECTION",
    "DELETE": "DELETE_CONNECTION",
}


# Named tuples, not frozen dataclasses: one is made for every post, and they take a third of the
# time to make.
class Outcome(NamedTuple):
    """What came of calling an integration."""

    status: int | None
    """The backend's status; `None` when it gave no usable answer."""
    latency_ms: int
    """How long it took, in real milliseconds."""
    error: str = ""
    """Why there is no answer."""


class SocketEntry(NamedTuple):
    """An event of a connection that reached a deployed stage."""

    context: EventContext
    status: int
    """What the client got: 101 or the refusal of a connect, 200 or the error of a message."""
    outcome: Outcome | None = None
    """`None` when no integration was called."""
    error: GatewayMessage | None = None
    """What the gateway itself told the client."""
    target: str = ""
    """Path and query of a handshake."""
    byte_count: int = 0
    """Size of the message."""
    validation_error: str = ""
    """Which rules of its model the message breaks."""

    def value_of(self, name: str) -> str | None:
        """The variable `$context.<name>`; `None` when this entry has no such variable."""
        variable = _OF_SOCKETS.get(name)
        return self.context.value_of(name) if variable is None else variable(self)


class CallEntry(NamedTuple):
    """A call of `@connections`."""

    method: str
    api_id: str
    stage: str
    connection_id: str
    status: int
    requested_at_ms: int
    byte_count: int
    """Size of the body."""

    def value_of(self, name: str) -> str | None:
        """The variable `$context.<name>`; `None` when this entry has no such variable."""
        variable = _OF_CALLS.get(name)
        return None if variable is None else variable(self)


class RefusalEntry(NamedTuple):
    """A handshake that was turned away before it concerned any stage."""

    target: str
    status: int
    source_ip: str
    requested_at_ms: int

    def value_of(self, name: str) -> str | None:
        """The variable `$context.<name>`; `None` when this entry has no such variable."""
        variable = _OF_REFUSALS.get(name)
        return None if variable is None else variable(self)


Entry: TypeAlias = SocketEntry | CallEntry | RefusalEntry


def size_of(text: str) -> int:
    """Bytes of a message; most are ASCII, and those need not be encoded to be measured."""
    return len(text) if text.isascii() else len(text.encode())


class Journal:
    """Hands every entry to its readers, which may neither block nor raise."""

    def __init__(self) -> None:
        self._readers: list[Callable[[Entry], None]] = []

    def add_reader(self, read: Callable[[Entry], None]) -> None:
        """From now on, `read` gets every entry."""
        self._readers.append(read)

    def remove_reader(self, read: Callable[[Entry], None]) -> None:
        """From now on, `read` gets nothing."""
        self._readers.remove(read)

    def record(self, entry: Entry) -> None:
        """Write something down."""
        for read in self._readers:
            read(entry)


def _text(number: int | None) -> str | None:
    return None if number is None else str(number)


def _latency(entry: SocketEntry) -> str | None:
    return None if entry.outcome is None else str(entry.outcome.latency_ms)


def _integration_status(entry: SocketEntry) -> str | None:
    return None if entry.outcome is None else _text(entry.outcome.status)


def _integration_error(entry: SocketEntry) -> str | None:
    return None if entry.outcome is None else entry.outcome.error or None


_OF_SOCKETS: Final[Mapping[str, Callable[[SocketEntry], str | None]]] = {
    "error.message": lambda entry: entry.error,
    "error.messageString": lambda entry: entry.error,
    "error.validationErrorString": lambda entry: entry.validation_error or None,
    "integration.error": _integration_error,
    "integration.latency": _latency,
    "integration.status": _integration_status,
    "integrationErrorMessage": _integration_error,
    "integrationLatency": _latency,
    "integrationStatus": _integration_status,
    "messageBytes": lambda entry: _text(entry.byte_count or None),
    "path": lambda entry: entry.target or None,
    "status": lambda entry: str(entry.status),
}
"""What the context of an event does not know; `messageBytes` and `path` are not AWS's."""

_OF_CALLS: Final[Mapping[str, Callable[[CallEntry], str | None]]] = {
    "apiId": lambda entry: entry.api_id,
    "connectionId": lambda entry: entry.connection_id,
    "eventType": lambda entry: _CALL_NAMES.get(entry.method, entry.method),
    "messageBytes": lambda entry: _text(entry.byte_count or None),
    "messageDirection": lambda _: "OUT",
    "requestTimeEpoch": lambda entry: str(entry.requested_at_ms),
    "routeKey": lambda entry: f"{entry.method} /@connections/{{connectionId}}",
    "stage": lambda entry: entry.stage,
    "status": lambda entry: str(entry.status),
}

_OF_REFUSALS: Final[Mapping[str, Callable[[RefusalEntry], str | None]]] = {
    "eventType": lambda _: EventType.CONNECT,
    "identity.sourceIp": lambda entry: entry.source_ip,
    "path": lambda entry: entry.target,
    "requestTimeEpoch": lambda entry: str(entry.requested_at_ms),
    "status": lambda entry: str(entry.status),
}
