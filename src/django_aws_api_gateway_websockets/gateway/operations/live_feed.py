"""What the live page is told: how things stand, and what has happened, as server-sent events.

Every viewer reads from one short history at its own pace. What it is too slow for is skipped and
counted, so that neither a viewer nor a flood of messages can fill memory.

Source: https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from itertools import islice
from typing import Any, Final, TypeAlias

from ...core.events.context import EventType
from ..connections.connection import Connection
from ..connections.hub import Hub
from ..deployed.apis import Apis, DeployedRoute
from ..events.traffic import Direction
from ..journal.access_log import redacted
from ..journal.entries import CallEntry, Entry, RefusalEntry, SocketEntry
from ..journal.metrics import Metrics
from ..runtime.clock import Clock
from ..weather.chances import Weather

__all__ = ["LiveFeed"]

HISTORY: Final = 200
SHOWN_CHARACTERS: Final = 2000
SHOWN_CONNECTIONS: Final = 100
MAX_VIEWERS: Final = 16
DELIVERED: Final = 200
TICK_SECONDS: Final = 0.25
TICKS_BETWEEN_STATES: Final = 4


_Frame: TypeAlias = tuple[Connection, Direction, "str | bytes", int]
"""A message that travelled, and its size."""


class LiveFeed:
    """Keeps the last happenings and tells viewers about them."""

    def __init__(
        self, apis: Apis, hub: Hub, *, metrics: Metrics, weather: Weather, clock: Clock
    ) -> None:
        self._apis = apis
        self._hub = hub
        self._metrics = metrics
        self._weather = weather
        self._clock = clock
        # Plain tuples with the bare moment: this is done for every message there is.
        self._history: deque[tuple[float, _Frame | Entry]] = deque(maxlen=HISTORY)
        self._count = 0
        self._viewers = 0
        self._is_closed = False

    @property
    def is_full(self) -> bool:
        """Whether as many watch as may."""
        return self._viewers >= MAX_VIEWERS

    def note_frame(
        self,
        connections: Sequence[Connection],
        direction: Direction,
        payload: str | bytes,
        byte_count: int,
    ) -> None:
        """A message travels on these connections."""
        shown = payload if byte_count <= SHOWN_CHARACTERS else payload[:SHOWN_CHARACTERS]
        self._count += len(connections)
        now = self._clock.monotonic()
        self._history.extend(
            [(now, (connection, direction, shown, byte_count)) for connection in connections]
        )

    def read(self, entry: Entry) -> None:
        """Part of a journal reader's interface."""
        # A post that arrived is seen as the frame it became.
        if type(entry) is CallEntry and entry.answer.status == DELIVERED and entry.method == "POST":
            return
        self._count += 1
        self._history.append((self._clock.monotonic(), entry))

    async def stream(self) -> AsyncIterator[bytes]:
        """Events for one viewer, until the feed is closed; none when enough watch already."""
        # Looked at again here: of those who came at the same moment, none was counted yet.
        if self.is_full:
            return
        self._viewers += 1
        try:
            seen, tick = 0, 0
            while not self._is_closed:
                if tick % TICKS_BETWEEN_STATES == 0:
                    yield _event("state", self._state())
                news = self._since(seen)
                if news:
                    missed = self._count - seen - len(news) if seen else 0
                    yield _event("happenings", {"skipped": missed, "items": news})
                    seen = self._count
                tick += 1
                await asyncio.sleep(TICK_SECONDS)
        finally:
            self._viewers -= 1

    def close(self) -> None:
        """Send every viewer away."""
        self._is_closed = True

    def _since(self, seen: int) -> list[dict[str, Any]]:
        new = min(self._count - seen, len(self._history))
        if not new:
            return []
        ago = self._clock.monotonic()
        return [
            {
                "at": self._clock.now_ms() - int((ago - moment) * 1000 * self._clock.speed),
                **_TELLERS[type(what)](what),
            }
            for moment, what in islice(self._history, len(self._history) - new, None)
        ]

    def _state(self) -> dict[str, Any]:
        return {
            "now": self._clock.now_ms(),
            "speed": self._clock.speed,
            "isDraining": self._hub.is_closed,
            "totals": {"connections": len(self._hub), **self._metrics.summary()},
            "weather": {name: one.text for name, one in self._weather.settings.items()},
            "stages": [
                {
                    "api": stage.api_id,
                    "name": stage.name,
                    "routes": [
                        {"key": route.key, "target": _target(route), "replies": route.replies}
                        for route in (stage.deployment.routes.values() if stage.deployment else ())
                    ],
                }
                for stage in self._apis.stages()
            ],
            "connections": [_connection(one) for one in self._hub.latest(SHOWN_CONNECTIONS)],
        }


def _event(name: str, data: dict[str, Any]) -> bytes:
    return f"event: {name}\ndata: {json.dumps(data)}\n\n".encode()


def _target(route: DeployedRoute) -> str:
    """Where a route leads, without a query that may hold a secret."""
    integration = route.integration
    return "" if integration is None else integration.uri.partition("?")[0]


def _connection(connection: Connection) -> dict[str, Any]:
    client = connection.client
    return {
        "id": client.connection_id,
        "api": client.api_id,
        "stage": client.stage,
        "ip": client.source_ip,
        "since": client.connected_at_ms,
        "active": int(connection.last_active_at * 1000),
        "waiting": connection.buffered_bytes,
    }


def _of_frame(frame: _Frame) -> dict[str, Any]:
    connection, direction, payload, byte_count = frame
    return {
        "kind": direction.value,
        "connection": connection.client.connection_id,
        "text": payload if isinstance(payload, str) else payload.decode(errors="replace"),
        "bytes": byte_count,
    }


def _of_socket(entry: SocketEntry) -> dict[str, Any]:
    context, outcome = entry.context, entry.outcome
    told: dict[str, Any] = {
        "kind": context.event_type.value.lower(),
        "connection": context.connection_id,
        "status": entry.status,
        "route": context.route_key,
        "latency": None if outcome is None else outcome.latency_ms,
        "error": entry.error or (outcome.error if outcome else "") or "",
    }
    if context.event_type is EventType.CONNECT:
        told["text"] = f"{context.source_ip} {redacted(entry.target)}"
    if context.closure is not None:
        told["status"] = context.closure.code
        told["text"] = context.closure.reason
    return told


def _of_call(entry: CallEntry) -> dict[str, Any]:
    return {
        "kind": "call",
        "connection": entry.target.connection_id,
        "status": entry.answer.status,
        "text": f"{entry.method} @connections",
    }


def _of_refusal(entry: RefusalEntry) -> dict[str, Any]:
    text = f"{entry.source_ip} {redacted(entry.target)}"
    return {"kind": "refused", "connection": "", "status": entry.answer.status, "text": text}


_TELLERS: Final[dict[type, Callable[[Any], dict[str, Any]]]] = {
    tuple: _of_frame,
    SocketEntry: _of_socket,
    CallEntry: _of_call,
    RefusalEntry: _of_refusal,
}
