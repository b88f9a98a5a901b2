"""An open socket of the doctor's, and what has come out of it."""

import json
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

from ..visit.requests import USER_AGENT
from ..visit.sockets import SocketClosedError, open_socket

__all__ = ["Talk"]

_STEP_SECONDS: Final = 0.1
_BROKEN: Final = 1006
"""Code of an end without a close frame (RFC 6455, section 7.4.1)."""


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
        self.frames: list[Any] = []
        """The frames that came, parsed where they are JSON."""
        headers = {"Origin": origin, "Cookie": cookie}
        self._connection = open_socket(url, headers, user_agent=USER_AGENT, seconds=seconds)

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
            self._connection.close()

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
