"""Wrappers that disturb the parts of a gateway.

Each wrapper has the interface of the part behind it. They are installed at the first request for
weather, and stay there: in fair weather they do nothing.
"""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from typing import Final

from ...core.closures import Closure
from ...core.events.context import EventType
from ...core.events.event import Event
from ...core.events.integration import Integration, IntegrationCall
from ...core.events.response import BackendResponse
from ..connections.connection import Connection, ConnectionListener
from ..connections.hub import Hub
from ..connections.management_api import Calls, Post, gone, limit_exceeded
from ..deployed.apis import Apis, Deployment, Stage
from ..http.messages import HttpRequest, HttpResponse, json_response
from ..http.targets import ConnectionTarget
from ..integrations.backends import BackendError, BackendTimeoutError, Sender
from ..integrations.caller import Integrations
from ..runtime.clock import Clock
from .chances import Weather

__all__ = [
    "ConnectRate",
    "CutConnections",
    "DelayedCalls",
    "DisturbedPosts",
    "DisturbedSender",
    "ForgetfulIntegrations",
    "ReorderingListener",
    "StaleDeployments",
]

LONGEST_HOLD_SECONDS: Final = 0.5
"""Seconds that a message waits for the next one, which is to overtake it."""


class StaleDeployments:
    """Memory of the previous deployments of stages, which some events meet."""

    def __init__(self, apis: Apis, weather: Weather, clock: Clock) -> None:
        self._apis = apis
        self._weather = weather
        self._clock = clock
        self._present = self._deployments()
        # At most one for each stage, with the time of its replacement.
        self._superseded: dict[tuple[str, str], tuple[Deployment, float]] = {}

    def note_change(self) -> None:
        """Remember replaced deployments; called after every change of the APIs."""
        before, self._present = self._present, self._deployments()
        kept: dict[tuple[str, str], tuple[Deployment, float]] = {}
        for key, deployment in self._present.items():
            old = before.get(key)
            if old is not None and old is not deployment:
                kept[key] = (old, self._clock.monotonic())
            elif key in self._superseded:
                kept[key] = self._superseded[key]
        self._superseded = kept

    def stage_for_event(self, api_id: str, name: str) -> Stage | None:
        """Return the stage, or the stage as it was before its last deployment."""
        stage = self._apis.stage(api_id, name)
        superseded = self._superseded.get((api_id, name))
        if stage is None or superseded is None:
            return stage
        deployment, since = superseded
        if not self._weather.is_stale(self._clock.monotonic() - since):
            return stage
        # Variables and throttles of a stage are no part of a deployment.
        return replace(stage, deployment=deployment)

    def _deployments(self) -> dict[tuple[str, str], Deployment | None]:
        return {(stage.api_id, stage.name): stage.deployment for stage in self._apis.stages()}


class DisturbedSender:
    """Sender whose calls lose headers, start late, or get a response too late."""

    def __init__(self, following: Sender, weather: Weather) -> None:
        self._following = following
        self._weather = weather

    async def send(self, call: IntegrationCall) -> BackendResponse:
        weather = self._weather
        if lost := weather.lost_headers():
            kept = tuple(pair for pair in call.headers if pair[0].lower() not in lost)
            if len(kept) < len(call.headers):
                weather.note("lose-header")
                call = call._replace(headers=kept)
        if seconds := weather.delay_seconds():
            await asyncio.sleep(seconds)
        if not weather.strikes("stall"):
            return await self._following.send(call)
        # The backend does its work and no caller learns of it, which makes a retry dangerous.
        loop = asyncio.get_running_loop()
        deadline = loop.time() + call.timeout_seconds
        await self._following.send(call)
        await asyncio.sleep(deadline - loop.time())
        raise BackendTimeoutError(f"no answer in {call.timeout_seconds:g} seconds (the weather)")


class ForgetfulIntegrations:
    """Integrations whose `$disconnect` may get lost."""

    def __init__(self, following: Integrations, weather: Weather) -> None:
        self._following = following
        self._weather = weather

    async def call(
        self, integration: Integration, event: Event, *, mapped_headers: frozenset[str]
    ) -> BackendResponse:
        is_end = event.context.event_type is EventType.DISCONNECT
        if is_end and self._weather.strikes("drop-disconnect"):
            raise BackendError("dropped by the weather")
        return await self._following.call(integration, event, mapped_headers=mapped_headers)

    def reply(self, integration: Integration, event: Event, response: BackendResponse) -> bytes:
        return self._following.reply(integration, event, response)


class ReorderingListener:
    """Listener that lets the next message overtake a message, so that both run at once."""

    def __init__(self, following: ConnectionListener, weather: Weather) -> None:
        self._following = following
        self._weather = weather
        self._held: dict[Connection, tuple[str, asyncio.TimerHandle]] = {}

    def message_received(self, connection: Connection, text: str) -> None:
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
        self._following.message_sent(connections, payload)

    def connection_closed(self, connection: Connection, closure: Closure) -> None:
        """Pass on a held message before the end."""
        self._release(connection)
        self._following.connection_closed(connection, closure)

    def _release(self, connection: Connection) -> None:
        held = self._held.pop(connection, None)
        if held is not None:
            text, timer = held
            timer.cancel()
            self._following.message_received(connection, text)


class DelayedCalls:
    """Calls of `@connections` that arrive late."""

    def __init__(self, following: Calls, weather: Weather) -> None:
        self._following = following
        self._weather = weather

    def respond(
        self, request: HttpRequest, target: ConnectionTarget
    ) -> HttpResponse | Coroutine[None, None, HttpResponse]:
        seconds = self._weather.delay_seconds()
        if not seconds:
            return self._following.respond(request, target)
        return self._respond_later(request, target, seconds)

    def refused(
        self, request: HttpRequest, connection_id: str, response: HttpResponse
    ) -> HttpResponse:
        return self._following.refused(request, connection_id, response)

    async def _respond_later(
        self, request: HttpRequest, target: ConnectionTarget, seconds: float
    ) -> HttpResponse:
        await asyncio.sleep(seconds)
        response = self._following.respond(request, target)
        return response if isinstance(response, HttpResponse) else await response


class DisturbedPosts:
    """Posts that get an error and are not delivered."""

    def __init__(self, following: Post, weather: Weather) -> None:
        self._following = following
        self._weather = weather

    def post(self, connection: Connection, body: bytes) -> HttpResponse:
        """Send a body to a connection, or return the response of the real event against it."""
        match self._weather.post_status():
            case None:
                return self._following(connection, body)
            case 410:
                return gone()
            case 429:
                return limit_exceeded()
            case status:
                message = {"message": "Internal server error"}
                return json_response(status, message, error_type="InternalServerErrorException")


class ConnectRate:
    """Limit of handshakes in a second."""

    def __init__(self, following: Callable[[str], bool], weather: Weather, clock: Clock) -> None:
        self._following = following
        self._weather = weather
        self._clock = clock

    def admits(self, address: str) -> bool:
        """Tell whether an address may open one more socket now."""
        return self._following(address) and self._weather.admits_connect(self._clock.monotonic())


class CutConnections:
    """Connections that break without a close frame."""

    def __init__(self, hub: Hub, weather: Weather, clock: Clock) -> None:
        self._hub = hub
        self._weather = weather
        self._clock = clock
        self._swept_at = clock.now()

    def sweep(self) -> None:
        """Cut the connections that the weather strikes in the time since the last sweep."""
        now = self._clock.now()
        passed, self._swept_at = now - self._swept_at, now
        for connection in self._hub:
            if self._weather.cuts(passed):
                connection.abort()
