"""Events of the gateway as values, recorded once for several readers.

The access log, the metrics and the live page read the same entries, so they cannot disagree. An
entry gives API Gateway's `$context` variables by name, which log formats need.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-logging.html
"""

import json
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple, Self, TypeAlias

from ...core.error_frames import GatewayMessage, response_type_of
from ...core.events.context import EventContext, EventType, common_log_time
from ..http.messages import HttpRequest, HttpResponse, host_name
from ..http.targets import ConnectionTarget

__all__ = [
    "CallEntry",
    "Entry",
    "IntegrationResult",
    "Journal",
    "RefusalEntry",
    "SocketEntry",
    "size_of",
]

_CALL_NAMES: Final = {
    "POST": "POST_TO_CONNECTION",
    "GET": "GET_CONNECTION",
    "DELETE": "DELETE_CONNECTION",
}


# Named tuples, not frozen dataclasses: every post makes one, and they take a third of the time.
class IntegrationResult(NamedTuple):
    """The result of calling an integration."""

    status: int | None
    """Status of the backend; `None` when it gave no usable response."""
    latency_ms: int
    """Duration of the call, in real milliseconds."""
    error: str = ""
    """Reason for a missing response."""
    request_id: str | None = None
    """Id that the backend gave the request, if it did."""
    is_misconfigured: bool = False
    """True if the integration's templates or responses were the reason."""
    reason: str = ""
    """Reason of a backend that has refused the event."""
    is_told: bool = False
    """True if the backend has told its own log so."""
    session: str = ""
    """User and channel of the connection, as JSON, of a backend that tells them."""


class SocketEntry(NamedTuple):
    """An event of a connection that reached a deployed stage."""

    context: EventContext
    status: int
    """Status for the client: 101 or the refusal of a connect, 200 or the error of a message."""
    result: IntegrationResult | None = None
    """Result of the integration; `None` when none was called."""
    error: GatewayMessage | str | None = None
    """Error that the gateway itself sent to the client."""
    target: str = ""
    """Path and query of a handshake."""
    byte_count: int = 0
    """Size of the message."""
    validation_error: str = ""
    """Rules of its model that the message breaks."""

    def value_of(self, name: str) -> str | None:
        """Return the variable `$context.<name>`; `None` when this entry has no such variable."""
        variable = _OF_SOCKETS.get(name)
        return self.context.value_of(name) if variable is None else variable(self)


class CallEntry(NamedTuple):
    """A call of `@connections`.

    Every post makes one, so it holds existing values and computes the variables on demand.
    """

    method: str
    target: ConnectionTarget
    response: HttpResponse
    """Response; its headers have the ids of the request, its body the reason of a refusal."""
    requested_at_ms: int
    byte_count: int
    """Size of the body."""
    headers: tuple[tuple[str, str], ...] = ()
    """Headers of the request."""
    source_ip: str = ""

    @classmethod
    def of(
        cls, request: HttpRequest, target: ConnectionTarget, response: HttpResponse, *, at_ms: int
    ) -> Self:
        """Make the entry of a request, or of a similar one to another connection."""
        return cls(
            request.method,
            target,
            response,
            at_ms,
            len(request.body),
            request.headers,
            request.peer,
        )

    def value_of(self, name: str) -> str | None:
        """Return the variable `$context.<name>`; `None` when this entry has no such variable."""
        variable = _OF_CALLS.get(name)
        return None if variable is None else variable(self)


class RefusalEntry(NamedTuple):
    """A handshake that was refused before it reached any stage."""

    target: str
    response: HttpResponse
    source_ip: str
    requested_at_ms: int
    request_id: str
    host: str = ""
    """Host name that the client asked for."""
    user_agent: str | None = None

    def value_of(self, name: str) -> str | None:
        """Return the variable `$context.<name>`; `None` when this entry has no such variable."""
        variable = _OF_REFUSALS.get(name)
        return None if variable is None else variable(self)


Entry: TypeAlias = SocketEntry | CallEntry | RefusalEntry


def size_of(text: str) -> int:
    """Return the size of a message in bytes; ASCII needs no encoding for that."""
    return len(text) if text.isascii() else len(text.encode())


class Journal:
    """Distributor of entries to its readers, which may neither block nor raise."""

    def __init__(self) -> None:
        self.readers: list[Callable[[Entry], None]] = []
        """Functions that get every entry from now on."""

    def record(self, entry: Entry) -> None:
        """Give an entry to every reader."""
        for read in self.readers:
            read(entry)


def _header(headers: tuple[tuple[str, str], ...], name: str) -> str | None:
    return next((value for key, value in headers if key.lower() == name), None)


def _message(response: HttpResponse) -> str | None:
    """Return the reason of a refusal; AWS gives none for a connection that is gone."""
    if not response.body or response.status < _LOWEST_ERROR:
        return None
    try:
        document = json.loads(response.body)
    except ValueError:
        return None
    return document.get("message") if isinstance(document, dict) else None


def _response_type(response: HttpResponse) -> str | None:
    """Return the kind of refusal; AWS's own value has been seen for a few kinds only."""
    if response.status < _LOWEST_ERROR or response.status == _GONE:
        return None
    named = _ERROR_RESPONSE_TYPES.get(_header(response.headers, "x-amzn-errortype") or "")
    by_status = "DEFAULT_5XX" if response.status >= _LOWEST_OWN_ERROR else "DEFAULT_4XX"
    return named or ("REQUEST_TOO_LARGE" if response.status == _TOO_LARGE else by_status)


_LOWEST_ERROR: Final = 400
_GONE: Final = 410
_TOO_LARGE: Final = 413
_LOWEST_OWN_ERROR: Final = 500

_ERROR_RESPONSE_TYPES: Final[Mapping[str, str]] = {
    "BadRequestException": "BAD_REQUEST_BODY",
    "ForbiddenException": "ACCESS_DENIED",
    "InvalidSignatureException": "INVALID_SIGNATURE",
    "LimitExceededException": "THROTTLED",
    "MissingAuthenticationTokenException": "MISSING_AUTHENTICATION_TOKEN",
    "TooManyRequestsException": "THROTTLED",
    "UnrecognizedClientException": "ACCESS_DENIED",
}


def _error_type(entry: SocketEntry) -> str | None:
    if entry.error is None:
        return None
    if entry.error == GatewayMessage.INTERNAL_SERVER_ERROR and (
        entry.result is None or entry.result.is_misconfigured
    ):
        return "API_CONFIGURATION_ERROR"
    return response_type_of(entry.error)


def _text(number: int | None) -> str | None:
    return None if number is None else str(number)


def _of_result(
    read: Callable[[IntegrationResult], str | None],
) -> Callable[[SocketEntry], str | None]:
    return lambda entry: None if entry.result is None else read(entry.result)


_LATENCY: Final = _of_result(lambda result: str(result.latency_ms))
_INTEGRATION_STATUS: Final = _of_result(lambda result: _text(result.status))
_INTEGRATION_ERROR: Final = _of_result(lambda result: result.error or None)


_OF_SOCKETS: Final[Mapping[str, Callable[[SocketEntry], str | None]]] = {
    "error.message": lambda entry: entry.error,
    "error.messageString": lambda entry: entry.error,
    "error.responseType": _error_type,
    "error.validationErrorString": lambda entry: entry.validation_error or None,
    "integration.error": _INTEGRATION_ERROR,
    "integration.integrationStatus": _INTEGRATION_STATUS,
    "integration.latency": _LATENCY,
    "integration.requestId": _of_result(lambda result: result.request_id),
    "integration.status": _INTEGRATION_STATUS,
    "integrationErrorMessage": _INTEGRATION_ERROR,
    "integrationLatency": _LATENCY,
    "integrationStatus": _INTEGRATION_STATUS,
    "messageBytes": lambda entry: _text(entry.byte_count or None),
    "path": lambda entry: entry.target or None,
    "status": lambda entry: str(entry.status),
}
"""Variables of an entry that its context does not have; `messageBytes` and `path` are ours."""

_OF_CALLS: Final[Mapping[str, Callable[[CallEntry], str | None]]] = {
    "apiId": lambda entry: entry.target.api_id or None,
    "connectionId": lambda entry: entry.target.connection_id,
    "domainName": lambda entry: host_name(_header(entry.headers, "host") or "") or None,
    "error.message": lambda entry: _message(entry.response),
    "error.messageString": lambda entry: _message(entry.response),
    "error.responseType": lambda entry: _response_type(entry.response),
    "eventType": lambda entry: _CALL_NAMES.get(entry.method, entry.method),
    "extendedRequestId": lambda entry: _header(entry.response.headers, "x-amz-apigw-id"),
    "identity.sourceIp": lambda entry: entry.source_ip or None,
    "identity.userAgent": lambda entry: _header(entry.headers, "user-agent"),
    "messageBytes": lambda entry: _text(entry.byte_count or None),
    "messageDirection": lambda _: "OUT",
    "requestId": lambda entry: _header(entry.response.headers, "x-amzn-requestid"),
    "requestTime": lambda entry: common_log_time(entry.requested_at_ms),
    "requestTimeEpoch": lambda entry: str(entry.requested_at_ms),
    "routeKey": lambda entry: f"{entry.method} /@connections/{{connectionId}}",
    "stage": lambda entry: entry.target.stage or None,
    "status": lambda entry: str(entry.response.status),
}

_OF_REFUSALS: Final[Mapping[str, Callable[[RefusalEntry], str | None]]] = {
    "domainName": lambda entry: host_name(entry.host) or None,
    "error.message": lambda entry: _message(entry.response),
    "error.messageString": lambda entry: _message(entry.response),
    "error.responseType": lambda entry: _response_type(entry.response),
    "eventType": lambda _: EventType.CONNECT,
    "extendedRequestId": lambda entry: entry.request_id,
    "identity.sourceIp": lambda entry: entry.source_ip,
    "identity.userAgent": lambda entry: entry.user_agent,
    "path": lambda entry: entry.target,
    "requestId": lambda entry: entry.request_id,
    "requestTime": lambda entry: common_log_time(entry.requested_at_ms),
    "requestTimeEpoch": lambda entry: str(entry.requested_at_ms),
    "status": lambda entry: str(entry.response.status),
}
