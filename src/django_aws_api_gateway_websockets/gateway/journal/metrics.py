"""Numbers about the gateway, printed for Prometheus.

Written by hand: a dozen numbers in a text format with three kinds of lines need less code than a
client library with its registry, process collector and multi-process mode, and every project has
one dependency less.

Source: https://prometheus.io/docs/instrumenting/exposition_formats/
"""

import resource
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final

from ...core.events.context import EventType
from .entries import CallEntry, Entry, IntegrationResult, RefusalEntry, SocketEntry

__all__ = ["Metrics"]

PREFIX: Final = "websocket_gateway_"

LATENCY_BUCKETS_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Bounds of the histogram; an integration may take 29 seconds at most."""

SWITCHING_PROTOCOLS: Final = 101


class Metrics:
    """The numbers of one gateway since its start."""

    def __init__(self) -> None:
        self.messages_in = 0
        self.bytes_in = 0
        self.messages_out = 0
        self.bytes_out = 0
        self._connects: Counter[int] = Counter()
        self._calls: Counter[tuple[str, int]] = Counter()
        self._closures: Counter[int] = Counter()
        self._messages: Counter[int] = Counter()
        self._latencies = [0] * (len(LATENCY_BUCKETS_SECONDS) + 1)
        self._latency_ms = 0
        self._failed_calls = 0
        self._gauges: dict[str, tuple[str, Callable[[], float]]] = {}
        self._weather: Callable[[], Mapping[str, int]] = dict

    def watch(self, name: str, help_text: str, read: Callable[[], float]) -> None:
        """Print a number that `read` returns at that moment."""
        self._gauges[name] = (help_text, read)

    def count_calls(self, method: str, status: int, count: int) -> None:
        """Count calls of `@connections` that have no entry in the journal."""
        self._calls[method, status] += count

    def watch_weather(self, read: Callable[[], Mapping[str, int]]) -> None:
        """Print the number of strikes of each switch of the weather."""
        self._weather = read

    def read(self, entry: Entry) -> None:
        """Count one entry."""
        match entry:
            case CallEntry():
                self._calls[entry.method, entry.response.status] += 1
            case RefusalEntry():
                self._connects[entry.response.status] += 1
            case SocketEntry(context=context):
                if context.event_type is EventType.CONNECT:
                    self._connects[entry.status] += 1
                elif context.event_type is EventType.MESSAGE:
                    self._messages[entry.status] += 1
                elif context.closure is not None:
                    self._closures[context.closure.code] += 1
                if entry.result is not None:
                    self._time(entry.result)

    def exposition(self) -> str:
        """Return all numbers in the format of Prometheus."""
        return "\n".join([*self._lines(), ""])

    def summary(self) -> dict[str, int]:
        """Return the few numbers of the live page."""
        refused = sum(n for status, n in self._connects.items() if status != SWITCHING_PROTOCOLS)
        return {
            "messagesIn": self.messages_in,
            "messagesOut": self.messages_out,
            "refused": refused,
            "integrationFailures": self._failed_calls,
        }

    def _time(self, result: IntegrationResult) -> None:
        seconds = result.latency_ms / 1000
        self._latency_ms += result.latency_ms
        for index, bound in enumerate(LATENCY_BUCKETS_SECONDS):
            if seconds <= bound:
                self._latencies[index] += 1
                break
        else:
            self._latencies[-1] += 1
        if result.status is None:
            self._failed_calls += 1

    def _lines(self) -> Iterator[str]:
        for name, (help_text, read) in self._gauges.items():
            yield from _metric(name, "gauge", help_text, {"": read()})
        yield from _counter(
            "connects_total",
            "Handshakes by the status they were answered with; 101 let a client in.",
            {f'{{status="{status}"}}': count for status, count in self._connects.items()},
        )
        yield from _counter(
            "disconnects_total",
            "Connections that ended, by close code.",
            {f'{{code="{code}"}}': count for code, count in self._closures.items()},
        )
        yield from _counter(
            "messages_total",
            "Messages from clients by what came of them; 200 reached a backend.",
            {f'{{status="{status}"}}': count for status, count in self._messages.items()},
        )
        yield from self._traffic()
        yield from _counter(
            "connections_calls_total",
            "Calls of @connections by method and status.",
            {
                f'{{method="{_label(method)}",status="{status}"}}': count
                for (method, status), count in self._calls.items()
            },
        )
        yield from _counter(
            "weather_events_total",
            "How often bad weather struck, by switch.",
            {f'{{switch="{name}"}}': count for name, count in self._weather().items()},
        )
        yield from self._histogram()
        yield from _process()

    def _traffic(self) -> Iterator[str]:
        traffic = {
            "messages_received_total": ("Messages from clients.", self.messages_in),
            "received_bytes_total": ("Bytes in messages from clients.", self.bytes_in),
            "messages_sent_total": ("Messages to clients.", self.messages_out),
            "sent_bytes_total": ("Bytes in messages to clients.", self.bytes_out),
            "integration_failures_total": (
                "Calls of backends without a usable answer in time.",
                self._failed_calls,
            ),
        }
        for name, (help_text, value) in traffic.items():
            yield from _counter(name, help_text, {"": value})

    def _histogram(self) -> Iterator[str]:
        name = f"{PREFIX}integration_latency_seconds"
        yield f"# HELP {name} Time backends took, failures included."
        yield f"# TYPE {name} histogram"
        total = 0
        for bound, count in zip((*LATENCY_BUCKETS_SECONDS, "+Inf"), self._latencies, strict=True):
            total += count
            yield f'{name}_bucket{{le="{bound}"}} {total}'
        yield f"{name}_sum {self._latency_ms / 1000}"
        yield f"{name}_count {total}"


def resident_bytes() -> int:
    """Return the memory of this process in RAM, in bytes."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except OSError:
        # Without /proc only the peak is known: in bytes on macOS, elsewhere in kilobytes.
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak if sys.platform == "darwin" else peak * 1024
    return pages * resource.getpagesize()


def _process() -> Iterator[str]:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    # All Prometheus client libraries use these names.
    yield "# TYPE process_resident_memory_bytes gauge"
    yield f"process_resident_memory_bytes {resident_bytes()}"
    yield "# TYPE process_cpu_seconds_total counter"
    yield f"process_cpu_seconds_total {usage.ru_utime + usage.ru_stime:.2f}"
    descriptors = Path("/proc/self/fd")
    if descriptors.is_dir():
        yield "# TYPE process_open_fds gauge"
        yield f"process_open_fds {sum(1 for _ in descriptors.iterdir())}"


def _counter(name: str, help_text: str, samples: Mapping[str, float]) -> Iterator[str]:
    return _metric(name, "counter", help_text, samples)


def _metric(name: str, kind: str, help_text: str, samples: Mapping[str, float]) -> Iterator[str]:
    yield f"# HELP {PREFIX}{name} {help_text}"
    yield f"# TYPE {PREFIX}{name} {kind}"
    for labels, value in samples.items():
        yield f"{PREFIX}{name}{labels} {value}"


def _label(text: str) -> str:
    """Escape a method as a label value; httptools accepts only known methods."""
    return text.replace("\\", "\\\\").replace('"', '\\"')
