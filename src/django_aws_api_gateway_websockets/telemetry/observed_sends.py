"""A message from its first post to its last outcome, as log, span and metrics tell it."""

import logging
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from .instruments import Instruments, find_instruments
from .spans import OpenSpan, unharmed

__all__ = ["ObservedSend", "observed_send"]

logger = logging.getLogger("django_aws_api_gateway_websockets.telemetry")


class ObservedSend:
    """A message on its way."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        """Number of posts by outcome."""


@contextmanager
def observed_send(way: str, *, broadcast_id: str = "") -> Iterator[ObservedSend]:
    """Observe a send, which is the block; it counts the outcomes.

    Args:
        way: `one`, `many` or `broadcast`.
        broadcast_id: id of the broadcast, if it is one.
    """
    instruments = find_instruments()
    observed = ObservedSend()
    span = _start_span(instruments, way, broadcast_id)
    began = time.perf_counter()
    try:
        yield observed
    except BaseException as error:
        span.fail(error)
        raise
    finally:
        seconds = time.perf_counter() - began
        _describe(span, observed.counts)
        span.close()
        if instruments is not None:
            with unharmed():
                _measure(instruments, way, observed.counts, seconds)
        if logger.isEnabledFor(logging.DEBUG):
            _log(way, observed.counts, seconds, broadcast_id)


def _start_span(instruments: Instruments | None, way: str, broadcast_id: str) -> OpenSpan:
    if instruments is None:
        return OpenSpan(None, "")
    from opentelemetry.trace import SpanKind

    attributes = {"websocket.send.way": way}
    if broadcast_id:
        attributes["websocket.broadcast_id"] = broadcast_id
    return OpenSpan(instruments, "websocket send", kind=SpanKind.PRODUCER, attributes=attributes)


def _describe(span: OpenSpan, counts: Mapping[str, int]) -> None:
    of_outcomes = {f"websocket.posts.{name.replace(' ', '_')}": n for name, n in counts.items()}
    span.describe({"messaging.batch.message_count": sum(counts.values()), **of_outcomes})


def _measure(instruments: Instruments, way: str, counts: Mapping[str, int], seconds: float) -> None:
    for outcome, count in counts.items():
        instruments.posts.add(count, {"outcome": outcome, "way": way})
    instruments.send_seconds.record(seconds, {"way": way})


def _log(way: str, counts: Mapping[str, int], seconds: float, broadcast_id: str) -> None:
    outcomes = ", ".join(f"{count} {outcome}" for outcome, count in counts.items()) or "nobody"
    name = f" of broadcast {broadcast_id}" if broadcast_id else ""
    logger.debug("Posts to %s%s: %s, in %.1f ms.", way, name, outcomes, seconds * 1000)
