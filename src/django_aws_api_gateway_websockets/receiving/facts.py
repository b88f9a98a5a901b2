"""The facts of an event that its log lines, spans and metrics name, collected on its way."""

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Final

from django.core.exceptions import BadRequest, PermissionDenied, SuspiciousOperation
from django.http import Http404

from ..telemetry.current_event import CurrentEvent, note_event, read_request_id
from ..telemetry.observed_events import ObservedEvent, observed_event
from .event import LIFECYCLE, Event
from .lookup import Known

__all__ = ["note_known", "observed", "read_facts"]

_STATUSES: Final[dict[type[Exception], HTTPStatus]] = {
    PermissionDenied: HTTPStatus.FORBIDDEN,
    Http404: HTTPStatus.NOT_FOUND,
    SuspiciousOperation: HTTPStatus.BAD_REQUEST,
    BadRequest: HTTPStatus.BAD_REQUEST,
}
"""Statuses that Django gives for what a view raises; any other exception is a 500."""


def read_facts(event: Event, route: str | None) -> CurrentEvent:
    """Read the facts that the request itself states, and note them on it.

    Args:
        event: as API Gateway posted it.
        route: the slug of the URL.
    """
    facts = CurrentEvent(
        request_id=read_request_id(event.request.headers),
        # An id without AWS's form was written by somebody else, and belongs into no log.
        connection_id=event.connection_id if event.has_connection_id else "",
        kind=route if route in LIFECYCLE and route else "message",
    )
    note_event(event.request, facts)
    return facts


def note_known(facts: CurrentEvent, event: Event, known: Known) -> None:
    """Note API, channel and user, now that the rows of an event are known."""
    session = known.session
    if known.gateway is not None:
        facts.api_id = event.api_id
    if session is not None:
        facts.channel = session.channel_name
        facts.user = "" if session.user_id is None else str(session.user_id)
    elif facts.kind == "connect":
        facts.channel = known.channel or ""
        facts.user = "" if event.user is None else str(event.user.pk)


@contextmanager
def observed(facts: CurrentEvent) -> Iterator[ObservedEvent]:
    """Observe an event until the end of the block, which sets the status of the response.

    Of an exception, the status is the one Django will give.
    """
    with observed_event(facts) as seen:
        try:
            yield seen
        except Exception as error:
            seen.status = next(
                (status for kind, status in _STATUSES.items() if isinstance(error, kind)),
                HTTPStatus.INTERNAL_SERVER_ERROR,
            )
            raise
