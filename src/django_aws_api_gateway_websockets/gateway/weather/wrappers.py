"""The parts of the gateway that the weather can reach, each with nothing but its weather."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from ...core.closures import Closure
from ...core.events.context import EventType
from ...core.events.event import Event
from ...core.events.integration import ClientSide, Integration, IntegrationCall
from ...core.events.response import BackendResponse
from ..connections.connection import Connection, ConnectionListener
from ..deployed.apis import Apis, Deployment, Mappings, Stage
from ..integrations.backends import BackendError, Backends, BackendTimeoutError
from ..integrations.caller import IntegrationCaller
from ..journal.instruments import Instruments
from ..runtime.clock import Clock
from .chances import Weather

__all__ = ["ReorderingListener", "WeatheredApis", "WeatheredBackends", "WeatheredIntegrations"]

LONGEST_HOLD_SECONDS: Final = 0.5
"""How long a message waits for the one that is to overtake it."""


class WeatheredApis(Apis):
    """Stages whose events may still meet the deployment before the last."""

    def __init__(self, weather: Weather, clock: Clock) -> None:
        super().__init__()
        self._weather = weather
        self._clock = clock
        # For each stage at most one, with the moment when another took its place.
        self._superseded: dict[tuple[str, str], tuple[Deployment, float]] = {}

    def replace(
        self, stages: Iterable[Stage], domains: Mapping[str, Mappings] | None = None
    ) -> None:
        """Take over what the control plane now says, and keep what it said before."""
        before = {(stage.api_id, stage.name): stage.deployment for stage in self.stages()}
        super().replace(stages, domains)
        kept: dict[tuple[str, str], tuple[Deployment, float]] = {}
        for stage in self.stages():
            key = (stage.api_id, stage.name)
            old = before.get(key)
            if old is not None and old is not stage.deployment:
                kept[key] = (old, self._clock.monotonic())
            elif key in self._superseded:
                kept[key] = self._superseded[key]
        self._superseded = kept

    def stage_for_event(self, api_id: str, name: str) -> Stage | None:
        """The stage, or the stage as it was before its last deployment."""
        stage = self.stage(api_id, name)
        superseded = self._superseded.get((api_id, name))
        if stage is None or superseded is None:
            return stage
        deployment, since = superseded
        if not self._weather.is_stale(self._clock.monotonic() - since):
            return stage
        # Variables and throttles of a stage are no part of a deployment.
        return replace(stage, deployment=deployment)


class WeatheredBackends(Backends):
    """Calls that lose headers, start late, or are answered too late."""

    def __init__(self, weather: Weather) -> None:
        super().__init__()
        self._weather = weather

    async def send(self, call: IntegrationCall) -> BackendResponse:
        """Send a request through the weather."""
        weather = self._weather
        if lost := weather.lost_headers():
            kept = tuple(pair for pair in call.headers if pair[0].lower() not in lost)
            if len(kept) < len(call.headers):
                weather.note("lose-header")
                call = call._replace(headers=kept)
        if seconds := weather.delay_seconds():
            await asyncio.sleep(seconds)
        if not weather.strikes("stall"):
            return await super().send(call)
        # The backend does its work, and nobody learns of it: what makes a retry dangerous.
        loop = asyncio.get_running_loop()
        deadline = loop.time() + call.timeout_seconds
        await super().send(call)
        await asyncio.sleep(deadline - loop.time())
        raise BackendTimeoutError(f"no answer in {call.timeout_seconds:g} seconds (the weather)")


class WeatheredIntegrations(IntegrationCaller):
    """IntegrationCaller whose `$disconnect` may get lost."""

    def __init__(
        self,
        weather: Weather,
        backends: Backends,
        *,
        client_side: ClientSide,
        instruments: Instruments,
    ) -> None:
        super().__init__(backends, client_side=client_side, instruments=instruments)
        self._weather = weather

    async def call(
        self, integration: Integration, event: Event, *, mapped_headers: frozenset[str]
    ) -> BackendResponse:
        """The integration's answer to an event, if the weather lets the event pass."""
        is_end = event.context.event_type is EventType.DISCONNECT
        if is_end and self._weather.strikes("drop-disconnect"):
            raise BackendError("dropped by the weather")
        return await super().call(integration, event, mapped_headers=mapped_headers)


class ReorderingListener:
    """Lets a message be overtaken by the next one of its socket, and both run at once."""

    def __init__(self, following: ConnectionListener, weather: Weather) -> None:
        self._following = following
        self._weather = weather
        self._held: dict[Connection, tuple[str, asyncio.TimerHandle]] = {}

    def message_received(self, connection: Connection, text: str) -> None:
        """Part of the listener's interface."""
        if connection in self._held:
            self._following.message_received(connection, text)
            self._release(connection)
        elif self._weather.strikes("reorder"):
            loop = asyncio.get_running_loop()
            timer = loop.call_later(LONGEST_HOLD_SECONDS, self._release, connection)
            self._held[connection] = (text, timer)
        else:
            self._following.message_received(connection, text)

    def message_sent(self, connections: Sequence[Connection], payload: bytes) -> None:
        """Part of the listener's interface."""
        self._following.message_sent(connections, payload)

    def connection_closed(self, connection: Connection, closure: Closure) -> None:
        """Part of the listener's interface: what came before the end is passed on before it."""
        self._release(connection)
        self._following.connection_closed(connection, closure)

    def _release(self, connection: Connection) -> None:
        held = self._held.pop(connection, None)
        if held is not None:
            text, timer = held
            timer.cancel()
            self._following.message_received(connection, text)
