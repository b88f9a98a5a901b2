import logging
from collections.abc import Iterator
from functools import cache

import pytest
from opentelemetry import metrics, trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from django_aws_api_gateway_websockets.telemetry.logs import AddEvent
from tests.delivery.recording_server import recorded_posts


class Lines(logging.Handler):
    """Keeps lines as a structured log would have them."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.addFilter(AddEvent())
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        record.getMessage()
        self.records.append(record)

    def of(self, logger_name: str) -> list[logging.LogRecord]:
        return [record for record in self.records if record.name == logger_name]


@pytest.fixture
def lines() -> Iterator[Lines]:
    """Everything that is logged, with the attributes of the filter."""
    handler, root = Lines(), logging.getLogger()
    watched = [logging.getLogger(name) for name in ("shop", "django_aws_api_gateway_websockets")]
    root.addHandler(handler)
    for logger in watched:
        logger.setLevel(logging.DEBUG)
    yield handler
    for logger in watched:
        logger.setLevel(logging.NOTSET)
    root.removeHandler(handler)


@cache
def _sdk() -> tuple[TracerProvider, InMemoryMetricReader]:
    """Set an SDK up, which a process can do once only."""
    tracer_provider, reader = TracerProvider(), InMemoryMetricReader()
    trace.set_tracer_provider(tracer_provider)
    metrics.set_meter_provider(MeterProvider([reader]))
    return tracer_provider, reader


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    """The spans of a test."""
    exporter = InMemorySpanExporter()
    _sdk()[0].add_span_processor(SimpleSpanProcessor(exporter))
    yield exporter
    exporter.shutdown()


@pytest.fixture
def count_of():
    """Give the growth of a counter, or of a histogram's count, since the test began."""
    _, reader = _sdk()

    def read(name: str, **labels: str) -> float:
        data = reader.get_metrics_data()
        found = 0.0
        for resource in data.resource_metrics if data else ():
            for scope in resource.scope_metrics:
                for metric in scope.metrics:
                    if metric.name == name:
                        found += sum(
                            getattr(point, "count", None) or getattr(point, "value", 0)
                            for point in metric.data.data_points
                            if labels.items() <= dict(point.attributes).items()
                        )
        return found

    before: dict[tuple[str, ...], float] = {}

    def count(name: str, **labels: str) -> float:
        key = (name, *map(str, sorted(labels.items())))
        now = read(name, **labels)
        grown = now - before.get(key, 0.0)
        before[key] = now
        return grown

    return count


@pytest.fixture
def server(settings):
    """AWS's side of what is sent."""
    with recorded_posts(settings) as running:
        yield running


@pytest.fixture
def shop(settings, api_gateway, server):
    """The site, with its API and AWS's side of it."""
    settings.ROOT_URLCONF = "tests.telemetry.site"
    return server


def by_name(spans: InMemorySpanExporter) -> dict[str, ReadableSpan]:
    return {span.name: span for span in spans.get_finished_spans()}
