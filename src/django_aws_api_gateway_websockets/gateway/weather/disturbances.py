"""The installation of the wrappers in one gateway, at the first request for weather."""

from typing import Protocol

from ..connections.hub import Hub
from ..connections.management_api import Calls, ManagementApi
from ..deployed.apis import Apis
from ..events.event_path import EventPath
from ..http.short_way import ShortWay
from ..runtime.clock import Clock
from .chances import Weather
from .wrappers import (
    ConnectRate,
    CutConnections,
    DelayedCalls,
    DisturbedPosts,
    DisturbedSender,
    ForgetfulIntegrations,
    ReorderingListener,
    StaleDeployments,
)

__all__ = ["Disturbances", "Entrance"]


class Entrance(Protocol):
    """Interface of the part that takes every request."""

    calls: Calls
    """Responder to calls of `@connections`."""

    short_way: ShortWay | None
    """Faster way for requests that resemble earlier ones."""


class Disturbances:
    """Follower of the weather, which disturbs the parts of one gateway while it is bad."""

    def __init__(
        self,
        weather: Weather,
        clock: Clock,
        *,
        apis: Apis,
        hub: Hub,
        events: EventPath,
        management_api: ManagementApi,
        entrance: Entrance,
    ) -> None:
        self._weather = weather
        self._clock = clock
        self._apis = apis
        self._hub = hub
        self._events = events
        self._management_api = management_api
        self._entrance = entrance
        self._short_way = entrance.short_way
        self._is_installed = False
        # It needs the deployments from before the first bad weather.
        self._stale_deployments = StaleDeployments(apis, weather, clock)
        apis.watch(self._stale_deployments.note_change)
        weather.watch(self._follow)
        self._follow()

    def _follow(self) -> None:
        is_bad = bool(self._weather.settings)
        if is_bad and not self._is_installed:
            self._is_installed = True
            self._install()
        # The weather decides about each post, so every post takes the long way.
        self._entrance.short_way = None if is_bad else self._short_way

    def _install(self) -> None:
        """Put the weather in front of everything that it can disturb, for good."""
        weather, clock, events = self._weather, self._clock, self._events
        self._apis.stage_for_event = self._stale_deployments.stage_for_event
        events.integrations.backends = DisturbedSender(events.backends, weather)
        events.dispatcher.integrations = ForgetfulIntegrations(events.integrations, weather)
        events.before_dispatcher.following = ReorderingListener(events.dispatcher, weather)
        self._management_api.post = DisturbedPosts(self._management_api.post, weather).post
        self._entrance.calls = DelayedCalls(self._management_api, weather)
        events.upgrade.admits = ConnectRate(events.upgrade.admits, weather, clock).admits
        self._hub.sweeps.insert(0, CutConnections(self._hub, weather, clock).sweep)
