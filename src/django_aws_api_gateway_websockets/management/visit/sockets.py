"""The opening of a socket, with the library of WebSockets, and the ways in which it fails."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

__all__ = [
    "INSTALL",
    "HandshakeRefusedError",
    "LibraryMissingError",
    "SocketClosedError",
    "open_socket",
]

INSTALL: Final = 'Install it: pip install "django-aws-api-gateway-websockets[gateway]".'
"""The remedy where the library is missing."""

_CLOSE_SECONDS: Final = 1.0


class LibraryMissingError(Exception):
    """The library that opens sockets is not installed."""


class HandshakeRefusedError(Exception):
    """The handshake got another response than 101.

    Args:
        status: of the response.
        body: of the response.
    """

    def __init__(self, status: int, body: bytes) -> None:
        super().__init__(f"the handshake was refused with {status}")
        self.status = status
        self.body = body


class SocketClosedError(Exception):
    """The socket is closed, and not by us.

    Args:
        code: with which it was closed.
    """

    def __init__(self, code: int) -> None:
        super().__init__(f"the socket was closed with {code}")
        self.code = code


def open_socket(url: str, headers: Mapping[str, str], *, user_agent: str, seconds: float) -> Any:
    """Open a socket as a browser does, which sends no pings.

    Args:
        url: address with query.
        headers: Origin, Cookie, and whatever else.
        user_agent: value of that header, unless `headers` have it.
        seconds: deadline of the handshake.

    Raises:
        LibraryMissingError: `websockets` is not installed.
        HandshakeRefusedError: the handshake was.
        OSError: nothing responds, or not in time.
    """
    try:
        from websockets.sync.client import connect
    except ImportError as error:
        raise LibraryMissingError from error
    with _own_errors():
        opening = connect(
            url,
            additional_headers=dict(headers),
            user_agent_header=user_agent,
            open_timeout=seconds,
            close_timeout=_CLOSE_SECONDS,
            ping_interval=None,
        )
        # In some releases of the library it is no connection before that.
        return opening.__enter__()


@contextmanager
def _own_errors() -> Iterator[None]:
    """Raise the errors of `open_socket` in place of those of the library."""
    from websockets.exceptions import InvalidHandshake, InvalidStatus, WebSocketException

    try:
        yield
    except InvalidStatus as error:
        raise HandshakeRefusedError(
            error.response.status_code, bytes(error.response.body or b"")
        ) from error
    except InvalidHandshake as error:
        raise OSError(f"it does not speak WebSocket ({type(error).__name__})") from error
    except WebSocketException as error:
        # Its text has the address, which may have a token or the password of a proxy.
        raise OSError(
            "the address cannot be used, or the proxy that the environment names: look at "
            "https_proxy, http_proxy and all_proxy"
        ) from error
    except ImportError as error:
        raise OSError(
            "the environment names a SOCKS proxy, for which the library python-socks is missing"
        ) from error
