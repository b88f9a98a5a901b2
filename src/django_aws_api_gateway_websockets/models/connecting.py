"""The connection whose connect is being answered: its socket opens only once that is done.

Until then API Gateway says that it is gone, as it says of those that were closed. A session that
was marked so would be closed while its connection is about to open.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

logger = logging.getLogger("django_aws_api_gateway_websockets.models")

_connecting: ContextVar[str] = ContextVar("connecting", default="")


@contextmanager
def connecting(connection_id: str) -> Iterator[None]:
    """Treat the connection as not open yet within this; also in threads of `sync_to_async`."""
    token = _connecting.set(connection_id)
    try:
        yield
    finally:
        _connecting.reset(token)


def really_gone(connection_ids: list[str]) -> list[str]:
    """Return the connections that are gone, without the one that is only about to open.

    Args:
        connection_ids: ids of connections that API Gateway said are gone.
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
