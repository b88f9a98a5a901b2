"""The event that is being handled, so that each line and span of it carries the same id.

API Gateway gives each event a request id, writes it into its own logs, and sends it along. It is
kept in a context variable: the code of a handler finds it, in its own thread or coroutine and in
those that asgiref starts for it. A thread that a project starts itself has a context of its own.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Final

__all__ = [
    "REQUEST_ID_HEADER",
    "CurrentEvent",
    "current_event",
    "event_of_request",
    "handling",
    "note_event",
    "read_request_id",
]

REQUEST_ID_HEADER: Final = "X-Ws-Request-Id"
"""Header that API Gateway is asked to send its `$context.requestId` in."""

_TRACE_HEADER: Final = "X-Amzn-Trace-Id"
_NOTE: Final = "_websockets_event"

# A client of an API without the mapping may have written it.
_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9=_-]{1,64}")
_ROOT: Final = re.compile(r"(?:^|;) ?Root=([A-Za-z0-9-]{1,64})(?:;|$)")


@dataclass(slots=True)
class CurrentEvent:
    """One event of a connection, as far as it is known by now."""

    request_id: str = ""
    """API Gateway's id of the request; that of its trace from an API that does not send it."""
    connection_id: str = ""
    """Connection the event is of; "" for work that a worker does later."""
    api_id: str = ""
    """API of the connection."""
    kind: str = ""
    """`connect`, `message` or `disconnect`; `broadcast` for the work of a worker."""
    handler: str = ""
    """Method of the view that handles it; "" for one that is refused before."""
    channel: str = ""
    """Channel of the connection, the one it has connected with."""
    user: str = ""
    """Primary key of its user."""
    refusal: str = ""
    """Reason for which it was refused, as the log has it."""


_current: Final[ContextVar[CurrentEvent | None]] = ContextVar("websocket_event", default=None)


def current_event() -> CurrentEvent | None:
    """Return the event that is being handled here; None outside of one."""
    return _current.get()


@contextmanager
def handling(event: CurrentEvent) -> Iterator[CurrentEvent]:
    """Make an event the current one until the end of the block."""
    token = _current.set(event)
    try:
        yield event
    finally:
        _current.reset(token)


def note_event(request: object, event: CurrentEvent) -> None:
    """Note the event of a request, for lines that Django logs once the view has returned."""
    vars(request)[_NOTE] = event


def event_of_request(request: object) -> CurrentEvent | None:
    """Return the event that was noted of a request; None for any other request."""
    noted: Any = getattr(request, "__dict__", {}).get(_NOTE)
    return noted if isinstance(noted, CurrentEvent) else None


def read_request_id(headers: Mapping[str, str]) -> str:
    """Read API Gateway's id of a request from its headers; "" when there is none.

    An API whose integrations were made before the id was mapped sends the id of a trace alone.

    Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-logging.html
    """
    stated = headers.get(REQUEST_ID_HEADER, "")
    if _REQUEST_ID.fullmatch(stated):
        return stated
    root = _ROOT.search(headers.get(_TRACE_HEADER, ""))
    return root[1] if root else ""
