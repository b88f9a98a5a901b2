"""The instruments of OpenTelemetry, or None where its API is not installed.

Only the API is needed. Without an SDK, which a project chooses, it drops whatever it gets.

Source: https://opentelemetry.io/docs/specs/otel/library-guidelines/
"""

import logging
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from opentelemetry.metrics import Counter, Histogram, Meter
    from opentelemetry.trace import Tracer

__all__ = ["SCOPE", "Instruments", "find_instruments"]

logger = logging.getLogger("django_aws_api_gateway_websockets.telemetry")

SCOPE: Final = "django_aws_api_gateway_websockets"
"""Name of the scope of all spans and metrics."""


_BOUNDS_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 29.0)
"""Bounds of both histograms, whose default is meant for milliseconds; API Gateway gives a handler
up after 29 seconds."""


@dataclass(frozen=True, slots=True)
class Instruments:
    """Everything that spans and metrics are made with."""

    tracer: "Tracer"
    """Makes spans."""
    events: "Counter"
    """`websocket.events`: events by kind, handler and outcome."""
    event_seconds: "Histogram"
    """`websocket.event.duration`: seconds from an event to its response."""
    posts: "Counter"
    """`websocket.posts`: posts to connections by outcome and way of sending."""
    send_seconds: "Histogram"
    """`websocket.send.duration`: seconds that a send, to one or to all, has taken."""


@cache
def find_instruments() -> Instruments | None:
    """Return the instruments; None where the API is not installed, or cannot make them.

    They follow an SDK that is set up later, as the API promises.
    """
    try:
        from opentelemetry import metrics, trace
    except ImportError:
        return None
    try:
        return _make(metrics.get_meter(SCOPE), trace.get_tracer(SCOPE))
    except Exception:
        logger.warning("OpenTelemetry has failed, and nothing is measured.", exc_info=True)
        return None


def _make(meter: "Meter", tracer: "Tracer") -> Instruments:
    return Instruments(
        tracer=tracer,
        events=meter.create_counter(
            "websocket.events", "{event}", "Events of connections that Django has responded to."
        ),
        event_seconds=_make_histogram(
            meter, "websocket.event.duration", "Time from an event to its response."
        ),
        posts=meter.create_counter(
            "websocket.posts", "{post}", "Posts to connections by what came of them."
        ),
        send_seconds=_make_histogram(
            meter,
            "websocket.send.duration",
            "Time a send has taken, to one connection or to many.",
        ),
    )


def _make_histogram(meter: "Meter", name: str, description: str) -> "Histogram":
    try:
        return meter.create_histogram(
            name, "s", description, explicit_bucket_boundaries_advisory=_BOUNDS_SECONDS
        )
    except TypeError:
        # An API before 1.30, which something else has installed: its bounds are a view's to set.
        return meter.create_histogram(name, "s", description)
