"""A whole gateway: made from its parts, started, stopped.

HttpConnection ─▶ Gateway ─▶ ControlApi        /v2
                     │  ╰──▶ ConnectionsApi    @connections ─▶ Hub ─▶ Session
                     ╰─────▶ Upgrade           handshake ────────────▶ Session ─▶ Dispatcher
"""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, suppress
from ipaddress import ip_address

from ..core.closures import GOING_AWAY
from ..core.integration import ClientSide
from .access_log import problems, quotable, redacted
from .apis import Apis
from .backends import Backends
from .clock import Clock
from .config import Config
from .connections_api import ConnectionsApi
from .control_api import ControlApi
from .dispatch import Dispatcher
from .http_connection import HttpConnection
from .http_messages import HttpRequest, HttpResponse, forbidden
from .hub import Hub
from .ids import Ids
from .integrations import Integrations
from .router import ConnectionTarget, ControlTarget, ForeignHost, Nowhere, Router, SocketTarget
from .signatures import SignatureCheck
from .state_file import StateFile
from .tasks import Tasks
from .upgrade import Upgrade, upgrade_required

__all__ = ["Gateway", "running_gateway"]

BACKLOG = 1024
"""Connections the system keeps waiting: browsers of a whole test suite may come at once."""


class Gateway:
    """API Gateway on one port: the application behind every connection.

    Args:
        port: the port clients reach it at.

    Raises:
        StateFileError: there is a saved state and it cannot be read.
    """

    def __init__(self, config: Config, *, port: int) -> None:
        clock, ids = Clock(config.clock_speed), Ids()
        self.url = f"http://{_reachable_host(config.host)}:{port}"
        self.connections: set[HttpConnection] = set()
        self._config = config
        self._tasks = Tasks()
        self._backends = Backends()
        apis = Apis()
        self.hub = Hub(apis, clock)
        signatures = SignatureCheck(config.credentials, clock)
        integrations = Integrations(
            self._backends, client_side=ClientSide("http", port), ids=ids, clock=clock
        )
        dispatcher = Dispatcher(
            apis,
            integrations,
            tasks=self._tasks,
            forget=self.hub.forget,
            limit=config.messages_in_flight,
            ids=ids,
            clock=clock,
        )
        self._router = Router(
            apis, region=config.region, bound_host=config.host, any_host=config.behind_proxy
        )
        self._upgrade = Upgrade(
            apis, self.hub, integrations, listener=dispatcher, ids=ids, clock=clock
        )
        self._connections_api = ConnectionsApi(
            apis, self.hub, signatures=signatures, ids=ids, clock=clock
        )
        self._control_api = ControlApi(
            apis,
            signatures=signatures,
            state_file=StateFile(config.state_file) if config.state_file else None,
            region=config.region,
            endpoint=f"ws{self.url.removeprefix('http')}/_aws/execute-api",
            ids=ids,
            clock=clock,
        )

    def answer(self, request: HttpRequest) -> HttpResponse | Coroutine[None, None, HttpResponse]:
        """The answer to an HTTP request."""
        match self._router.target_of(request):
            case ConnectionTarget() as target:
                return self._connections_api.answer(request, target)
            case ControlTarget(segments):
                return self._control_api.answer(request, segments)
            case SocketTarget() as target:
                if self._upgrade.can_open(target):
                    return upgrade_required()
            case Nowhere() | ForeignHost() as target:
                _explain(request, target)
        return forbidden()

    def open_socket(self, request: HttpRequest, connection: HttpConnection) -> None:
        """Start on a handshake."""
        if self.hub.is_closed:
            connection.refuse(HttpResponse(503))
            return
        target = self._router.target_of(request)
        if isinstance(target, SocketTarget) and self._upgrade.can_open(target):
            self._tasks.start(self._upgrade.open(request, target, connection))
            return
        if isinstance(target, Nowhere | ForeignHost):
            _explain(request, target)
        connection.refuse(forbidden())

    def run(self, work: Coroutine[None, None, None]) -> None:
        """Own a task until the gateway stops."""
        self._tasks.start(work)

    async def stop(self) -> None:
        """Close every connection with 1001 and give the backends a moment to hear of it."""
        self.hub.close_all(GOING_AWAY)
        await self._tasks.settle(self._config.stop_timeout_seconds)
        for connection in list(self.connections):
            connection.transport.abort()
        self._backends.close()


@asynccontextmanager
async def running_gateway(config: Config) -> AsyncIterator[Gateway]:
    """A gateway that serves as long as the context lasts.

    Raises:
        OSError: the address cannot be listened on.
        StateFileError: there is a saved state and it cannot be read.
    """
    loop = asyncio.get_running_loop()
    gateway: Gateway

    def connect() -> HttpConnection:
        return HttpConnection(gateway, config)

    # As a name it would be two addresses, each with a port of its own when the system picks it.
    host = "127.0.0.1" if config.host == "localhost" else config.host
    server = await loop.create_server(
        connect, host, config.port, backlog=BACKLOG, start_serving=False
    )
    try:
        gateway = Gateway(config, port=server.sockets[0].getsockname()[1])
        await server.start_serving()
        sweeper = loop.create_task(gateway.hub.keep_sweeping())
        try:
            yield gateway
        finally:
            sweeper.cancel()
            with suppress(asyncio.CancelledError):
                await sweeper
            server.close()
            await gateway.stop()
    finally:
        server.close()


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
