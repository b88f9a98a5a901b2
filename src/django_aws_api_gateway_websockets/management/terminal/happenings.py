"""The happenings beside the client: lines are typed, frames come, the socket ends.

Threads of their own wait for these, since a terminal cannot be asked without waiting. Each puts
what has happened into the one queue that the client reads.
"""

import os
import queue
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from ...core.quotas import MAX_MESSAGE_BYTES
from .closings import BROKEN

__all__ = [
    "LONGEST_LINE_BYTES",
    "Ended",
    "Happening",
    "Heard",
    "LineCutter",
    "Typed",
    "listen_to_keyboard",
    "listen_to_socket",
]

MOST_WAITING: Final = 1000
"""Happenings that wait to be read; whoever has more of them waits."""

_CHUNK: Final = 65_536

LONGEST_LINE_BYTES: Final = MAX_MESSAGE_BYTES
"""API Gateway takes no more in a message, so that nobody can want to send a longer line."""


@dataclass(frozen=True, slots=True)
class Typed:
    """A line of standard input; None when there are no more."""

    line: str | None
    is_too_long: bool = False
    """True for a line whose rest has been dropped."""


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
    is_ours: bool = False
    """True when this client has closed it, because of what came."""


Happening: TypeAlias = Typed | Heard | Ended


class LineCutter:
    """Lines out of the pieces that a file is read in; the rest of one that is too long is dropped.

    The last line of a file needs no end: give one after the last piece.
    """

    def __init__(self, longest: int = LONGEST_LINE_BYTES) -> None:
        self._longest = longest
        self._begun = bytearray()
        self._is_too_long = False

    @property
    def has_begun(self) -> bool:
        """True within a line."""
        return bool(self._begun)

    def cut(self, piece: bytes) -> Iterator[Typed]:
        """Yield the lines that end in the next piece."""
        *ends, rest = piece.split(b"\n")
        for end in ends:
            self._extend(end)
            yield Typed(self._begun.decode(errors="replace"), self._is_too_long)
            self._begun.clear()
            self._is_too_long = False
        self._extend(rest)

    def _extend(self, more: bytes) -> None:
        room = self._longest - len(self._begun)
        self._is_too_long |= len(more) > room
        self._begun += more[:room]


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
    cutter = LineCutter()
    try:
        while piece := os.read(descriptor, _CHUNK):
            for line in cutter.cut(piece):
                slots.acquire()
                happenings.put(line)
        if cutter.has_begun:
            for line in cutter.cut(b"\n"):
                slots.acquire()
                happenings.put(line)
    except OSError:
        # The terminal is gone, and with it whoever has begun a line.
        pass
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
        happenings.put(_read_end(socket, closed))


def _read_end(socket: Any, closed: Any) -> Ended:
    is_ours = closed.sent is not None and not closed.rcvd_then_sent
    frame = closed.sent if is_ours else closed.rcvd
    if frame is None:
        return Ended(socket, BROKEN, "")
    return Ended(socket, frame.code, frame.reason, is_ours)
