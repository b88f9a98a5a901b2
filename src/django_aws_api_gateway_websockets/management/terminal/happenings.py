"""What happens beside the client: lines are typed, frames come, the socket ends.

Threads of their own wait for these, since a terminal cannot be asked without waiting. Each puts
what has happened into the one queue that the client reads.
"""

import os
import queue
import threading
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from .closings import BROKEN

__all__ = ["Ended", "Happening", "Heard", "Typed", "listen_to_keyboard", "listen_to_socket"]

MOST_WAITING: Final = 1000
"""Happenings that wait to be read; whoever has more of them waits."""

_CHUNK: Final = 65_536


@dataclass(frozen=True, slots=True)
class Typed:
    """A line of standard input; None when there are no more."""

    line: str | None


@dataclass(frozen=True, slots=True)
class Heard:
    """A frame from a socket."""

    socket: Any
    text: str


@dataclass(frozen=True, slots=True)
class Ended:
    """The end of a socket."""

    socket: Any
    code: int
    reason: str


Happening: TypeAlias = Typed | Heard | Ended


def listen_to_keyboard(
    happenings: "queue.Queue[Happening]", descriptor: int, slots: threading.Semaphore
) -> None:
    """Put each line of a file into the queue, from a thread that ends with the process.

    Args:
        happenings: the queue.
        descriptor: number of the file.
        slots: each line takes one; the client gives it back when the line is done with.
    """
    # Reading by number: a thread that waits inside of `sys.stdin` keeps Python from ending.
    _start(_read_lines, happenings, descriptor, slots)


def listen_to_socket(happenings: "queue.Queue[Happening]", socket: Any) -> None:
    """Put each frame of a socket into the queue, and its end."""
    _start(_read_frames, happenings, socket)


def _start(target: Any, *arguments: Any) -> None:
    threading.Thread(target=target, args=arguments, daemon=True).start()


def _read_lines(
    happenings: "queue.Queue[Happening]", descriptor: int, slots: threading.Semaphore
) -> None:
    left = b""
    try:
        while chunk := os.read(descriptor, _CHUNK):
            *lines, left = (left + chunk).split(b"\n")
            for line in lines:
                slots.acquire()
                happenings.put(Typed(line.decode(errors="replace")))
    except OSError:
        # The terminal is gone.
        left = b""
    if left:
        happenings.put(Typed(left.decode(errors="replace")))
    happenings.put(Typed(None))


def _read_frames(happenings: "queue.Queue[Happening]", socket: Any) -> None:
    from websockets.exceptions import ConnectionClosed

    try:
        while True:
            text = socket.recv()
            if isinstance(text, bytes):
                text = text.decode(errors="replace")
            happenings.put(Heard(socket, text))
    except ConnectionClosed as closed:
        code = closed.rcvd.code if closed.rcvd else BROKEN
        reason = closed.rcvd.reason if closed.rcvd else ""
    happenings.put(Ended(socket, code, reason))
