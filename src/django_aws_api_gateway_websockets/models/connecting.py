"""The connection whose connect is being answered: its socket opens only once that is done.

Until then API Gateway says of it what it says of closed ones, that it is gone. Who believed that
would close a connection that is about to open.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

logger = logging.getLogger("django_aws_api_gateway_websockets.models")

_connecting: ContextVar[str] = ContextVar("connecting", default="")


@contextmanager
def connecting(connection_id: str) -> Iterator[None]:
    """Within this, the connection is not open yet; also in threads of `sync_to_async`."""
    token = _connecting.set(connection_id)
    try:
        yield
    finally:
        _connecting.reset(token)


def really_gone(connection_ids: list[str]) -> list[str]:
    """Those of the connections that are gone, without the one that is only about to open.

    Args:
        connection_ids: what API Gateway said is gone.
    """
    own = _connecting.get()
    if not own or own not in connection_ids:
        return connection_ids
    logger.warning(
        "A message to connection %s was lost: its socket is not open until the handshake returns; "
        "use a handler that answers the client's first message, or a task that sends later.",
        own,
    )
    return [one for one in connection_ids if one != own]
