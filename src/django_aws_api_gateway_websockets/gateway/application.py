"""A whole gateway, with its start and its end.

HttpConnection ─▶ Front ─▶ ControlApi        /v2
                    │ ├──▶ OperationsApi     /_gateway
                    │ ╰──▶ ManagementApi     @connections ─▶ Hub ─▶ Connection
                    ╰────▶ Upgrade           handshake ───────────▶ Connection ─▶ Traffic
                                                              ─▶ FloodGuard ─▶ Dispatcher
"""

import logging
from ipaddress import ip_address

from ..core.events.integration import ClientSide
from .broadcast_posts import BroadcastPosts, is_switched_off
from .config import Config
from .connections.backlog import Backlog
from .connections.drain import Drain
from .connections.hub import Hub
from .connections.management_api import ManagementApi
from .control_plane.control_api import ControlApi
from .control_plane.state_file import StateFile
from .deployed.address_resolver import AddressResolver
from .deployed.apis import Apis
from .deployed.throttles import Throttles
from .events.event_path import EventPath, MessageLimits
from .front import Front
from .http.admission import PortAdmission
from .http.occupancy import Occupancy
from .http.proxies import Proxies
from .http.signatures import SignatureCheck
from .journal.access_log import AccessLog
from .journal.entries import Journal
from .journal.execution_log import ExecutionLog
from .journal.instruments import Instruments
from .journal.refusals import Refusals
from .operations.api import OperationsApi
from .operations.frames import HandFrames
from .operations.live_feed import LiveFeed
from .operations.operators import Operators
from .runtime.clock import Clock
from .runtime.ids import Ids
from .runtime.log import access
from .weather.chances import Weather
from .weather.disturbances import Disturbances

__all__ = ["Gateway"]


class Gateway:
    """API Gateway on one port.

    Args:
        port: the port for clients.
        clock: the clock; `None` for a new one with the speed of the settings.

    Raises:
        StateFileError: there is a saved state, and it cannot be read.
    """

    def __init__(self, config: Config, *, port: int, clock: Clock | None = None) -> None:
        self.url = f"{config.scheme}://{_reachable_host(config.host)}:{port}"
        self._config = config
        self._apis = Apis()
        self._instruments = Instruments(
            Clock(config.clock_speed) if clock is None else clock,
            Ids(),
            Journal(),
            ExecutionLog(self._apis.log_settings),
            refusals=Refusals(config.refusal_lines),
        )
        self._clock = self._instruments.clock
        self._signatures = SignatureCheck(config.credentials, self._clock)
        self._throttles = Throttles(self._clock, has_quotas=config.has_quotas)
        self._make_connections()
        self._make_events(port)
        self._make_operations()
        self._make_front()
        self._connect_journal()
        self._disturbances = Disturbances(
            self._weather,
            self._clock,
            apis=self._apis,
            hub=self.hub,
            events=self._events,
            management_api=self._management_api,
            entrance=self.front,
        )

    def _make_connections(self) -> None:
        config = self._config
        self.hub = Hub(
            self._apis,
            self._clock,
            backlog=Backlog(self._clock.monotonic, patience_seconds=config.slow_client_seconds),
            message_seconds=config.message_seconds,
        )
        self._admission = _admission(config)
        self._management_api = ManagementApi(
            self._apis,
            self.hub,
            signatures=self._signatures,
            throttles=self._throttles,
            instruments=self._instruments,
        )

    def _make_events(self, port: int) -> None:
        config = self._config
        # Clients of a proxy use its TLS, on the default port of TLS.
        side = ClientSide("https", 443) if config.behind_proxy else ClientSide(config.scheme, port)
        self._events = EventPath(
            self._apis,
            self.hub,
            client_side=side,
            admission=self._admission,
            throttles=self._throttles,
            limits=MessageLimits(config.messages_in_flight, config.messages_per_second),
            instruments=self._instruments,
        )

    def _make_operations(self) -> None:
        config, metrics = self._config, self._instruments.metrics
        self._weather = Weather(config.weather_seed, config.weather)
        self._feed = LiveFeed(
            self._apis,
            self.hub,
            history=self._events.history,
            metrics=metrics,
            weather=self._weather,
            clock=self._clock,
        )
        self._operations_api = OperationsApi(
            operators=Operators(config.operator_token),
            metrics=metrics,
            weather=self._weather,
            feed=self._feed,
            frames=HandFrames(self.hub, self._events.traffic),
            is_secure=config.certificate is not None,
            is_draining=lambda: self.hub.is_closed,
        )

    def _make_front(self) -> None:
        config = self._config
        self._apis.watch(self._log_executions)
        self._apis.watch(self._show_certificates)
        control_api = ControlApi(
            self._apis,
            signatures=self._signatures,
            throttles=self._throttles,
            state_file=StateFile(config.state_file) if config.state_file else None,
            region=config.region,
            endpoint=f"ws{self.url.removeprefix('http')}/_aws/execute-api",
            instruments=self._instruments,
        )
        addresses = AddressResolver(
            self._apis,
            region=config.region,
            bound_host=config.host,
            allowed_hosts=config.allowed_hosts,
            is_exposed=config.is_exposed,
            any_host=config.any_host,
        )
        self.front = Front(
            addresses,
            self._admission,
            self._instruments.tasks,
            upgrade=self._events.upgrade,
            calls=self._management_api,
            control_api=control_api,
            operations_api=self._operations_api,
        )
        self.front.short_way = None if is_switched_off() else self._broadcast_posts()

    def _broadcast_posts(self) -> BroadcastPosts:
        return BroadcastPosts(
            self._apis,
            self.hub,
            signatures=self._signatures,
            throttles=self._throttles,
            instruments=self._instruments,
            listener=self._events.traffic,
            unread_by=(self._events.history.read,),
        )

    def _connect_journal(self) -> None:
        journal, metrics = self._instruments.journal, self._instruments.metrics
        if access.isEnabledFor(logging.INFO):
            line_format, format_of = self._config.access_log_format, self._apis.log_format
            AccessLog(
                line_format,
                access.info,
                format_of=format_of,
                takes=self._instruments.refusals.is_in_access_log,
            ).follow(journal)
        journal.readers += [self._events.history.read, metrics.read]
        metrics.watch_weather(lambda: self._weather.struck)
        _watch_numbers(self._instruments, self.hub, self.front)

    def _log_executions(self) -> None:
        is_on = any(stage.is_logged for stage in self._apis.stages())
        self._instruments.execution.follow(self._instruments.journal, is_on=is_on)

    def _show_certificates(self) -> None:
        self._events.integrations.certificates = {
            (stage.api_id, stage.name): stage.certificate
            for stage in self._apis.stages()
            if stage.certificate is not None
        }

    async def stop(self) -> None:
        """Refuse new clients, close every connection with 1001, and finish what has begun."""
        self.hub.is_closed = True
        self._events.integrations.is_stopping = True
        self._feed.close()
        drain = Drain(
            self._instruments.tasks,
            self._events.dispatcher.is_busy,
            window_seconds=self._config.drain_seconds,
            patience_seconds=self._config.stop_timeout_seconds,
        )
        await drain.run(list(self.hub))

    def abort(self) -> None:
        """Break every connection that is left."""
        self.hub.abort()
        for connection in list(self.front.connections):
            connection.transport.abort()
        self._events.backends.close()


def _watch_numbers(instruments: Instruments, hub: Hub, front: Front) -> None:
    watch, tasks = instruments.metrics.watch, instruments.tasks
    watch("connections", "Open connections.", lambda: len(hub))
    watch("http_connections", "Connections that speak HTTP.", lambda: len(front.connections))
    watch("buffered_bytes", "Bytes that wait for clients to read.", hub.backlog.count)
    watch("tasks", "Work under way.", lambda: len(tasks))


def _admission(config: Config) -> PortAdmission:
    proxies = Proxies(config.proxies if config.behind_proxy else None)
    most, most_per_address = config.max_connections, config.max_connections_per_address
    return PortAdmission(proxies, Occupancy(most=most, most_per_address=most_per_address))


def _reachable_host(host: str) -> str:
    """Return a host for URLs, also if the gateway listens on every address of the machine."""
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if address.is_unspecified:
        return "127.0.0.1" if address.version == 4 else "[::1]"  # noqa: PLR2004 - the IP version.
    return str(address) if address.version == 4 else f"[{address}]"  # noqa: PLR2004
