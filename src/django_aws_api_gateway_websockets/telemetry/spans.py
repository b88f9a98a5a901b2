"""A span around a block, which nothing that goes wrong with it keeps from running.

Processors and exporters are a project's choice, and one of them may raise. An observer must neither
lose a message nor refuse a connect.
"""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from .instruments import Instruments

if TYPE_CHECKING:
    from opentelemetry.trace import Span, SpanKind

__all__ = ["OpenSpan", "unharmed"]

logger = logging.getLogger("django_aws_api_gateway_websockets.telemetry")

_NO_ATTRIBUTES: Final[Mapping[str, str]] = {}


@contextmanager
def unharmed() -> Iterator[None]:
    """Log whatever OpenTelemetry raises in the block, and go on."""
    try:
        yield
    except Exception:
        logger.warning("OpenTelemetry has failed, and what it watched goes on.", exc_info=True)


class OpenSpan:
    """A span that is the current one until it is closed.

    Args:
        instruments: make it; None makes none, and every method does nothing.
        name: of the span.
        kind: its kind; None is an internal one.
        attributes: known at its beginning.
    """

    def __init__(
        self,
        instruments: Instruments | None,
        name: str,
        *,
        kind: "SpanKind | None" = None,
        attributes: Mapping[str, str] = _NO_ATTRIBUTES,
    ) -> None:
        self._span: Span | None = None
        self._token: Any = None
        if instruments is None:
            return
        with unharmed():
            from opentelemetry import context, trace

            self._span = instruments.tracer.start_span(
                name, kind=kind or trace.SpanKind.INTERNAL, attributes=dict(attributes)
            )
            self._token = context.attach(trace.set_span_in_context(self._span))

    def describe(self, attributes: Mapping[str, str | int], *, name: str = "") -> None:
        """Add attributes, and give it a better name."""
        if self._span is None:
            return
        with unharmed():
            if self._span.is_recording():
                self._span.set_attributes(attributes)
                if name:
                    self._span.update_name(name)

    def fail(self, error: BaseException | None) -> None:
        """Mark it as an error, with the exception if there was one."""
        if self._span is None:
            return
        with unharmed():
            from opentelemetry.trace import StatusCode

            self._span.set_status(StatusCode.ERROR)
            if error is not None:
                self._span.record_exception(error)

    def close(self) -> None:
        """End it; the span before is the current one again."""
        if self._token is not None:
            with unharmed():
                from opentelemetry import context

                context.detach(self._token)
        if self._span is not None:
            with unharmed():
                self._span.end()
