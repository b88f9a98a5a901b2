"""A whole gateway: made from its parts, answering, stopping.

HttpConnection ─▶ Gateway ─▶ ControlApi        /v2
                     │ ├───▶ OperationsApi     /_gateway
                     │ ╰───▶ ConnectionsApi    @connections ─▶ Hub ─▶ Session
                     ╰─────▶ Upgrade           handshake ────────────▶ Session ─▶ Traffic
                                                               ─▶ FloodGuard ─▶ Dispatcher
"""

import asyncio
import logging
from collections.abc import Coroutine
from ipaddress import ip_address

from ..core.events.integration import ClientSide
from .broadcast_posts.posts import BroadcastPosts
from .config import Config
from .connections.backlog import Backlog
from .connections.connection import ConnectionListener
from .connections.connections_api import ConnectionsApi
from .connections.drain import Drain
from .connections.hub import Hub
from .control_plane.control_api import ControlApi
from .control_plane.state_file import StateFile
from .deployed.router import (
    ConnectionTarget,
    ControlTarget,
    ForeignHost,
    Nowhere,
    OperationsTarget,
    Router,
    SocketTarget,
)
from .deployed.throttles import Throttles
from .events.dispatch import Dispatcher
from .events.flood_guard import FloodGuard
from .events.handshake_refusals import upgrade_required
from .events.traffic import Traffic
from .events.upgrade import Upgrade
from .http.connection import HttpConnection
from .http.messages import (
    HttpRequest,
    HttpResponse,
    HttpStream,
    forbidden,
    json_response,
    no_such_method,
)
from .http.occupancy import Occupancy
from .http.proxies import Proxies
from .http.signatures import SignatureCheck
from .journal.access_log import AccessLog, access, problems, quotable, redacted
from .journal.entries import Journal
from .journal.execution_log import ExecutionLog
from .journal.instruments import Instruments
from .journal.metrics import Metrics
from .operations.live_feed import LiveFeed
from .operations.operations_api import OperationsApi
from .operations.operators import Operators, comes_from_another_site
from .runtime.clock import Clock
from .runtime.ids import Ids
from .runtime.tasks import Tasks
from .weather.chances import Weather
from .weather.wrappers import (
    ReorderingListener,
    WeatheredApis,
    WeatheredBackends,
    WeatheredIntegrations,
)

__all__ = ["Gateway"]

RETRY_AFTER_SECONDS = 5
"""What clients are told that come while the gateway stops."""


class Gateway:
    """API Gateway on one port: the application behind every connection.

    Args:
        port: the port clients reach it at.
        clock: its time; `None` for one that starts now and runs as the settings say.

    Raises:
        StateFileError: there is a saved state and it cannot be read.
    """

    def __init__(self, config: Config, *, port: int, clock: Clock | None = None) -> None:
        self.url = f"{config.scheme}://{_reachable_host(config.host)}:{port}"
        self.connections: set[HttpConnection] = set()
        self.occupancy = Occupancy(
            most=config.max_connections, most_per_address=config.max_connections_per_address
        )
        self._config = config
        self._clock = Clock(config.clock_speed) if clock is None else clock
        self._journal = Journal()
        self._throttles = Throttles(self._clock, has_quotas=config.has_quotas)
        self._weather = Weather(config.weather_seed, config.weather)
        self._tasks = Tasks()
        self._metrics = Metrics()
        self._backends = WeatheredBackends(self._weather)
        self._proxies = Proxies(config.proxies if config.behind_proxy else None)
        self._signatures = SignatureCheck(config.credentials, self._clock)
        self._apis = WeatheredApis(self._weather, self._clock)
        self._execution = ExecutionLog(self._apis.log_settings)
        self._apis.watch(self._log_executions)
        self._instruments = Instruments(self._clock, Ids(), self._journal, self._execution)
        self.hub = self._make_hub()
        self._feed = LiveFeed(
            self._apis,
            self.hub,
            metrics=self._metrics,
            weather=self._weather,
            clock=self._clock,
        )
        self._make_data_plane(port)
        self._make_control_plane()
        self._keep_count()

    def _make_hub(self) -> Hub:
        backlog = Backlog(self._clock.monotonic, patience_seconds=self._config.slow_client_seconds)
        return Hub(
            self._apis,
            self._clock,
            backlog=backlog,
            weather=self._weather,
            message_seconds=self._config.message_seconds,
        )

    def _make_data_plane(self, port: int) -> None:
        config, instruments = self._config, self._instruments
        # A proxy's clients come by its TLS, on the port of TLS.
        side = ClientSide("https", 443) if config.behind_proxy else ClientSide(config.scheme, port)
        integrations = WeatheredIntegrations(
            self._weather,
            self._backends,
            client_side=side,
            instruments=instruments,
        )
        dispatcher = Dispatcher(
            self._apis,
            integrations,
            throttles=self._throttles,
            tasks=self._tasks,
            limit=config.messages_in_flight,
            instruments=instruments,
        )
        self._drain = Drain(config, self._tasks, dispatcher.is_busy)
        following: ConnectionListener = ReorderingListener(dispatcher, self._weather)
        if config.messages_per_second:
            following = FloodGuard(
                following, per_second=config.messages_per_second, instruments=instruments
            )
        self._traffic = Traffic(
            following, hub=self.hub, occupancy=self.occupancy, metrics=self._metrics
        )
        self._upgrade = Upgrade(
            self._apis,
            self.hub,
            integrations,
            listener=self._traffic,
            throttles=self._throttles,
            instruments=instruments,
        )
        self._broadcast_posts = BroadcastPosts(
            self._apis,
            self.hub,
            weather=self._weather,
            signatures=self._signatures,
            throttles=self._throttles,
            instruments=instruments,
            listener=self._traffic,
        )
        self._connections_api = ConnectionsApi(
            self._apis,
            self.hub,
            weather=self._weather,
            signatures=self._signatures,
            throttles=self._throttles,
            instruments=instruments,
            broadcast_posts=self._broadcast_posts,
        )

    def _make_control_plane(self) -> None:
        config = self._config
        self._router = Router(
            self._apis, region=config.region, bound_host=config.host, any_host=config.any_host
        )
        self._control_api = ControlApi(
            self._apis,
            signatures=self._signatures,
            throttles=self._throttles,
            state_file=StateFile(config.state_file) if config.state_file else None,
            region=config.region,
            endpoint=f"ws{self.url.removeprefix('http')}/_aws/execute-api",
            instruments=self._instruments,
        )
        self._operations_api = OperationsApi(
            operators=Operators(config.operator_token),
            metrics=self._metrics,
            weather=self._weather,
            feed=self._feed,
            is_secure=config.certificate is not None,
            is_draining=lambda: self.hub.is_closed,
        )

    def _keep_count(self) -> None:
        """Connect what writes and counts to what happens."""
        if access.isEnabledFor(logging.INFO):
            log = AccessLog(
                self._config.access_log_format, access.info, format_of=self._apis.log_format
            )
            log.follow(self._journal)
        self._journal.add_reader(self._feed.read, reads_repeats=False)
        self._traffic.watcher = self._feed.note_frame
        metrics = self._metrics
        metrics.follow(self._journal)
        metrics.watch_repeats(lambda: self._broadcast_posts.repeats)
        metrics.watch_weather(lambda: self._weather.struck)
        metrics.watch("connections", "Open connections.", lambda: len(self.hub))
        metrics.watch(
            "http_connections", "Connections that speak HTTP.", lambda: len(self.connections)
        )
        metrics.watch(
            "buffered_bytes", "Bytes that wait for clients to read.", self.hub.backlog.count
        )
        metrics.watch("tasks", "Work under way.", lambda: len(self._tasks))

    def _log_executions(self) -> None:
        is_on = any(stage.is_logged for stage in self._apis.stages())
        self._execution.follow(self._journal, is_on=is_on)

    def refusal_of(self, peer: str) -> HttpResponse | None:
        """What somebody at this address is told instead of being listened to."""
        if not self._proxies.admits(peer):
            problems.warning(
                "%s was refused, because it is not the proxy: if it is one, start the gateway with "
                "--behind-proxy %s.",
                peer,
                peer,
            )
            return forbidden()
        if self.occupancy.is_full:
            problems.warning("%s was refused: --max-connections are open.", peer)
            return _come_again()
        if self.occupancy.is_full_for(peer):
            return _too_many()
        return None

    def answer(
        self, request: HttpRequest
    ) -> HttpResponse | HttpStream | Coroutine[None, None, HttpResponse]:
        """The answer to an HTTP request."""
        match self._router.target_of(request):
            case ConnectionTarget() as target:
                return self._reach_connection(request, target)
            case OperationsTarget(segments):
                return self._operations_api.answer(request, segments)
            case ControlTarget(segments) if not comes_from_another_site(request):
                return self._control_api.answer(request, segments)
            case SocketTarget() as target:
                if self._upgrade.can_open(target):
                    return upgrade_required()
            case Nowhere() | ForeignHost() as target:
                return self._lead_nowhere(request, target)
        return forbidden()

    def delivered(self, request: HttpRequest, received: bytes, *, is_followed: bool) -> None:
        """Take from a request that was answered with 200 what tells about those that are like it.

        Args:
            received: the request as it came.
            is_followed: whether more came with it.
        """
        if not self._broadcast_posts.may_go_on(request, is_followed=is_followed):
            return
        target = self._router.target_of(request)
        if isinstance(target, ConnectionTarget):
            self._broadcast_posts.begin(request, target, received)

    def answers(self, start: int, received: bytes, *, peer: str) -> tuple[bytes, int]:
        """The answers to requests that are like earlier ones, and where the last of these ends."""
        return self._broadcast_posts.answers(start, received, peer=peer)

    def open_socket(self, request: HttpRequest, connection: HttpConnection) -> None:
        """Start on a handshake."""
        connection.client_host = self._proxies.client_of(request, connection.client_host)
        target = self._router.target_of(request)
        if self.hub.is_closed:
            self._upgrade.refuse(request, connection, _come_again())
        elif self._is_one_too_many(connection):
            self._upgrade.refuse(request, connection, _too_many())
        elif isinstance(target, SocketTarget) and self._upgrade.can_open(target):
            self._tasks.start(self._upgrade.open(request, target, connection))
        else:
            if isinstance(target, Nowhere | ForeignHost):
                _explain(request, target)
            self._upgrade.refuse(request, connection, forbidden(), keeps_open=True)

    def _is_one_too_many(self, connection: HttpConnection) -> bool:
        is_full = self.occupancy.is_full_for(connection.client_host)
        return is_full or not self._weather.admits_connect(self._clock.monotonic())

    def run(self, work: Coroutine[None, None, None]) -> None:
        """Own a task until the gateway stops."""
        self._tasks.start(work)

    async def stop(self) -> None:
        """Let nobody in any more, close every connection with 1001, and finish what was begun."""
        self.hub.is_closed = True
        self._feed.close()
        await self._drain.run(list(self.hub))

    def abort(self) -> None:
        """Break whatever connection is left."""
        self.hub.abort()
        for connection in list(self.connections):
            connection.transport.abort()
        self._backends.close()

    def _lead_nowhere(self, request: HttpRequest, target: Nowhere | ForeignHost) -> HttpResponse:
        answer = _nowhere(request, target)
        _, name, connection_id = request.path.rpartition("/@connections/")
        return self._connections_api.refused(request, connection_id, answer) if name else answer

    def _reach_connection(
        self, request: HttpRequest, target: ConnectionTarget
    ) -> HttpResponse | Coroutine[None, None, HttpResponse]:
        seconds = self._weather.delay_seconds()
        if not seconds:
            return self._connections_api.answer(request, target)

        async def reach_later() -> HttpResponse:
            await asyncio.sleep(seconds)
            return self._connections_api.answer(request, target)

        return reach_later()


def _come_again() -> HttpResponse:
    return HttpResponse(503, (("Retry-After", str(RETRY_AFTER_SECONDS)),))


def _too_many() -> HttpResponse:
    """What AWS answers to handshakes over the account's rate, as far as users tell."""
    return json_response(
        429, {"message": "Too Many Requests"}, error_type="TooManyRequestsException"
    )


def _nowhere(request: HttpRequest, target: Nowhere | ForeignHost) -> HttpResponse:
    _explain(request, target)
    if isinstance(target, Nowhere) and target.unmatched_route:
        return no_such_method(request.method, target.unmatched_route)
    return forbidden()


def _explain(request: HttpRequest, target: Nowhere | ForeignHost) -> None:
    if isinstance(target, ForeignHost):
        problems.warning(
            "A request for the host %r was refused: this gateway serves loopback names only. "
            "Behind a proxy, start it with --behind-proxy.",
            quotable(target.host),
        )
    else:
        problems.warning("Nothing is at %s: %s.", redacted(request.target), quotable(target.reason))


def _reachable_host(host: str) -> str:
    """A host to put in URLs, for one that may stand for every address of the machine."""
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if address.is_unspecified:
        return "127.0.0.1" if address.version == 4 else "[::1]"  # noqa: PLR2004 - the IP version.
    return str(address) if address.version == 4 else f"[{address}]"  # noqa: PLR2004
