"""The data of the live page, state and events, as server-sent events.

Every viewer reads from one short history at its own pace. Events that it is too slow for are
skipped and counted, so neither a viewer nor a flood of messages can fill memory.

Source: https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import Any, Final

from ...core.events.context import EventType
from ..connections.connection import Connection
from ..connections.hub import Hub
from ..deployed.apis import Apis, DeployedRoute
from ..events.history import Frame, History
from ..journal.entries import CallEntry, RefusalEntry, SocketEntry
from ..journal.metrics import Metrics
from ..runtime.clock import Clock
from ..runtime.log import redacted
from ..weather.chances import Weather

__all__ = ["LiveFeed"]

SHOWN_CONNECTIONS: Final = 100
MAX_VIEWERS: Final = 16
LONGEST_NAME: Final = 150
TICK_SECONDS: Final = 0.25
TICKS_BETWEEN_STATES: Final = 4


class LiveFeed:
    """Feed of the gateway's state and history for viewers."""

    def __init__(
        self,
        apis: Apis,
        hub: Hub,
        *,
        history: History,
        metrics: Metrics,
        weather: Weather,
        clock: Clock,
    ) -> None:
        self._history = history
        self._apis = apis
        self._hub = hub
        self._metrics = metrics
        self._weather = weather
        self._clock = clock
        self._viewers = 0
        self._is_closed = False

    @property
    def is_full(self) -> bool:
        """Tell whether the feed has its maximum of viewers."""
        return self._viewers >= MAX_VIEWERS

    async def stream(self) -> AsyncIterator[bytes]:
        """Yield events for one viewer until the feed is closed; yield none if it is full."""
        # Checked again here: viewers that came at the same moment were not counted before.
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
                    missed = self._history.count - seen - len(news) if seen else 0
                    yield _event("happenings", {"skipped": missed, "items": news})
                    seen = self._history.count
                tick += 1
                await asyncio.sleep(TICK_SECONDS)
        finally:
            self._viewers -= 1

    def close(self) -> None:
        """End the stream of every viewer."""
        self._is_closed = True

    def _since(self, seen: int) -> list[dict[str, Any]]:
        ago = self._clock.monotonic()
        return [
            {
                "at": self._clock.now_ms() - int((ago - moment) * 1000 * self._clock.speed),
                **_TELLERS[type(what)](what),
            }
            for moment, what in self._history.since(seen)
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
            "connections": [
                _connection(one)
                | _read_session(self._history.sessions.get(one.client.connection_id, ""))
                for one in self._hub.latest(SHOWN_CONNECTIONS)
            ],
        }


def _event(name: str, data: dict[str, Any]) -> bytes:
    return f"event: {name}\ndata: {json.dumps(data)}\n\n".encode()


def _read_session(text: str) -> dict[str, str]:
    try:
        facts = json.loads(text)
    except (ValueError, RecursionError):
        facts = None
    if not isinstance(facts, dict):
        return {}
    names = ("user", "channel")
    return {name: str(facts.get(name, ""))[:LONGEST_NAME] for name in names}


def _target(route: DeployedRoute) -> str:
    """Return the address of a route, without its query, which may hold a secret."""
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


def _of_frame(frame: Frame) -> dict[str, Any]:
    connection, direction, payload, byte_count = frame
    return {
        "kind": direction.value,
        "connection": connection.client.connection_id,
        "text": payload if isinstance(payload, str) else payload.decode(errors="replace"),
        "bytes": byte_count,
    }


def _of_socket(entry: SocketEntry) -> dict[str, Any]:
    context, result = entry.context, entry.result
    told: dict[str, Any] = {
        "kind": context.event_type.value.lower(),
        "connection": context.connection_id,
        "status": entry.status,
        "backend": None if result is None else result.status,
        "route": context.route_key,
        "latency": None if result is None else result.latency_ms,
        "error": _reason_of(entry),
    }
    if context.event_type is EventType.CONNECT:
        told["text"] = f"{context.source_ip} {redacted(entry.target)}"
    if context.closure is not None:
        told["status"] = context.closure.code
        told["text"] = context.closure.reason
    return told


def _reason_of(entry: SocketEntry) -> str:
    """Return why an event failed, in the words of whoever knows most; "" when it did not."""
    result = entry.result
    if result is not None and (result.reason or result.error):
        return result.reason or result.error
    return str(entry.error or "")


def _of_call(entry: CallEntry) -> dict[str, Any]:
    return {
        "kind": "call",
        "connection": entry.target.connection_id,
        "status": entry.response.status,
        "text": f"{entry.method} @connections",
    }


def _of_refusal(entry: RefusalEntry) -> dict[str, Any]:
    text = f"{entry.source_ip} {redacted(entry.target)}"
    return {"kind": "refused", "connection": "", "status": entry.response.status, "text": text}


_TELLERS: Final[dict[type, Callable[[Any], dict[str, Any]]]] = {
    tuple: _of_frame,
    SocketEntry: _of_socket,
    CallEntry: _of_call,
    RefusalEntry: _of_refusal,
}
