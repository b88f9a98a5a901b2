"""An open socket of the doctor's, and what has come out of it."""

import json
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from typing import Any, Final

from .requests import USER_AGENT

__all__ = ["HandshakeRefusedError", "LibraryMissingError", "SocketClosedError", "Talk"]

_STEP_SECONDS: Final = 0.1
_BROKEN: Final = 1006
"""Code of an end without a close frame (RFC 6455, section 7.4.1)."""


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
    """The socket is closed, and not by the doctor.

    Args:
        code: with which it was closed.
    """

    def __init__(self, code: int) -> None:
        super().__init__(f"the socket was closed with {code}")
        self.code = code


class Talk:
    """One socket, which keeps every frame it was sent.

    Args:
        url: address with query.
        origin: of the page.
        cookie: value of the Cookie header.
        seconds: deadline of the handshake.

    Raises:
        LibraryMissingError: `websockets` is not installed.
        HandshakeRefusedError: the handshake was.
        OSError: nothing responds, or not in time.
    """

    def __init__(self, url: str, *, origin: str, cookie: str, seconds: float) -> None:
        try:
            from websockets.exceptions import InvalidHandshake, InvalidStatus
            from websockets.sync.client import connect
            from websockets.typing import Origin
        except ImportError as error:
            raise LibraryMissingError from error
        self.frames: list[Any] = []
        """What came, parsed where it is JSON."""
        self._open = ExitStack()
        try:
            opening = connect(
                url,
                origin=Origin(origin),
                additional_headers={"Cookie": cookie},
                user_agent_header=USER_AGENT,
                open_timeout=seconds,
                close_timeout=1,
            )
            self._connection = self._open.enter_context(opening)
        except InvalidStatus as error:
            raise HandshakeRefusedError(
                error.response.status_code, bytes(error.response.body or b"")
            ) from error
        except InvalidHandshake as error:
            raise OSError(f"it does not speak WebSocket ({type(error).__name__})") from error

    def say(self, frame: object) -> None:
        """Send a frame.

        Raises:
            SocketClosedError: it was closed.
        """
        from websockets.exceptions import ConnectionClosed

        try:
            self._connection.send(json.dumps(frame))
        except ConnectionClosed as error:
            raise SocketClosedError(_code_of(error)) from error

    def hear(
        self,
        is_wanted: Callable[[Any], bool],
        *,
        seconds: float,
        is_enough: Callable[[], bool] = lambda: False,
    ) -> Any | None:
        """Wait for a frame; None when none has come in time.

        Args:
            is_wanted: tells it from others.
            seconds: longest wait.
            is_enough: ends the wait for something else that has happened; asked now and then.

        Raises:
            SocketClosedError: nothing more will come.
        """
        deadline = time.monotonic() + seconds
        while True:
            for frame in self.frames:
                if is_wanted(frame):
                    return frame
            left = deadline - time.monotonic()
            if left <= 0 or is_enough():
                return None
            self._receive(min(left, _STEP_SECONDS))

    def close(self) -> None:
        """Close the socket."""
        with suppress(OSError):
            self._open.close()

    def _receive(self, seconds: float) -> None:
        from websockets.exceptions import ConnectionClosed

        try:
            text = self._connection.recv(timeout=seconds)
        except TimeoutError:
            return
        except ConnectionClosed as error:
            raise SocketClosedError(_code_of(error)) from error
        try:
            self.frames.append(json.loads(text))
        except ValueError:
            self.frames.append(text)


def _code_of(error: Any) -> int:
    return error.rcvd.code if error.rcvd else _BROKEN
