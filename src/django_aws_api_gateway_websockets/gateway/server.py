"""The server, which listens on the port from the first connection to the last."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

from .application import Gateway
from .config import Config
from .http.connection import HttpConnection
from .http.patience import HttpTimeouts
from .runtime.clock import Clock

__all__ = ["Gateway", "running_gateway"]

BACKLOG = 1024
"""Number of connections that the system queues: browsers of a whole test suite may come at once."""


@asynccontextmanager
async def running_gateway(config: Config, clock: Clock | None = None) -> AsyncIterator[Gateway]:
    """Run a gateway as long as the context lasts; the arguments are those of `Gateway`.

    Raises:
        OSError: the server cannot listen on the address.
        StateFileError: there is a saved state, and it cannot be read.
    """
    loop = asyncio.get_running_loop()
    gateway: Gateway
    timeouts = HttpTimeouts(config.request_timeout_seconds, config.keep_alive_seconds)

    def connect() -> HttpConnection:
        return HttpConnection(gateway.front, timeouts)

    server = await _bind(config, connect)
    try:
        gateway = Gateway(config, port=server.sockets[0].getsockname()[1], clock=clock)
        await server.start_serving()
        sweeper = loop.create_task(gateway.hub.keep_sweeping())
        try:
            yield gateway
        finally:
            sweeper.cancel()
            with suppress(asyncio.CancelledError):
                await sweeper
            try:
                # Still listening: a new client gets a response that says when to come back.
                await gateway.stop()
            finally:
                gateway.abort()
    finally:
        server.close()


async def _bind(config: Config, connect: Callable[[], HttpConnection]) -> asyncio.Server:
    """Take the address; nobody is served yet."""
    # The name stands for two addresses, and the system would pick a free port for each.
    host = "127.0.0.1" if config.host == "localhost" else config.host
    certificate = config.certificate
    return await asyncio.get_running_loop().create_server(
        connect,
        host,
        config.port,
        ssl=None if certificate is None else certificate.context,
        ssl_handshake_timeout=None if certificate is None else config.request_timeout_seconds,
        backlog=BACKLOG,
        start_serving=False,
    )
