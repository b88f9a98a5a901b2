"""An event from its arrival to its response, as log, span and metrics tell it."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus

from .current_event import CurrentEvent, handling
from .instruments import Instruments, find_instruments
from .spans import OpenSpan, unharmed

__all__ = ["ObservedEvent", "observed_event"]

logger = logging.getLogger("django_aws_api_gateway_websockets.telemetry")


class ObservedEvent:
    """An event that is being handled.

    Args:
        event: its facts, which grow while it is handled.
    """

    def __init__(self, event: CurrentEvent) -> None:
        self.event = event
        self.status = HTTPStatus.INTERNAL_SERVER_ERROR.value
        """Status of the response; that of Django when an exception came in its place."""
        self.error: BaseException | None = None
        """Exception that came in place of a response."""

    @property
    def outcome(self) -> str:
        """`accepted`, `refused` or `failed`, by the status."""
        if self.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return "failed"
        return "refused" if self.status >= HTTPStatus.BAD_REQUEST else "accepted"


@contextmanager
def observed_event(event: CurrentEvent) -> Iterator[ObservedEvent]:
    """Observe the handling of an event, which is the block; it sets the status of the response."""
    instruments = find_instruments()
    observed = ObservedEvent(event)
    span = OpenSpan(instruments, f"websocket {event.kind}")
    began = time.perf_counter()
    with handling(event):
        try:
            yield observed
        except BaseException as error:
            observed.error = error
            raise
        finally:
            seconds = time.perf_counter() - began
            _describe(span, observed)
            span.close()
            if instruments is not None:
                with unharmed():
                    _measure(instruments, observed, seconds)
            logger.debug(
                "A %s was %s: status %d after %.1f ms%s.",
                event.kind,
                observed.outcome,
                observed.status,
                seconds * 1000,
                f", by {event.handler}()" if event.handler else "",
            )


def _describe(span: OpenSpan, observed: ObservedEvent) -> None:
    event = observed.event
    facts = {
        "aws.request_id": event.request_id,
        "aws.api_gateway.api_id": event.api_id,
        "aws.api_gateway.connection_id": event.connection_id,
        "websocket.event": event.kind,
        "websocket.handler": event.handler,
        "websocket.channel": event.channel,
        "websocket.outcome": observed.outcome,
        "websocket.refusal": event.refusal,
        "enduser.id": event.user,
    }
    known: dict[str, str | int] = {name: value for name, value in facts.items() if value}
    known["http.response.status_code"] = int(observed.status)
    span.describe(known, name=" ".join(filter(None, ("websocket", event.kind, event.handler))))
    # A refusal is what the project wants, also one that it raises.
    if observed.outcome == "failed":
        span.fail(observed.error)


def _measure(instruments: Instruments, observed: ObservedEvent, seconds: float) -> None:
    event = observed.event
    labels = {"event": event.kind, "outcome": observed.outcome}
    if event.handler:
        labels["handler"] = event.handler
    instruments.events.add(1, labels)
    instruments.event_seconds.record(seconds, labels)
