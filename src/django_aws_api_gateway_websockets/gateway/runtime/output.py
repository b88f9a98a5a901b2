"""Lines for somebody who may not take them: written at once, kept for a while, or lost and counted.

A pipe that nobody reads, one whose reader is gone and a full disk must not stop a gateway or end
it. So nothing here waits and nothing here raises. Lines that a pipe does not take now are kept up
to a limit; lines that can never be written are counted, and that is said once.
"""

import asyncio
import os
import select
import socket
import stat
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import RLock
from typing import Final, TypeAlias

__all__ = ["MAX_WAITING_BYTES", "Output"]

MAX_WAITING_BYTES: Final = 256 * 1024
"""Bytes of lines that wait for a reader; those after them are lost."""

_APPEND: Final = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NONBLOCK | os.O_NOCTTY

Write: TypeAlias = Callable[[bytes], int]
"""Writes the beginning of some bytes without waiting; raises `BlockingIOError` for none."""


class Output:
    """A stream or a file that takes lines.

    Args:
        number: the file descriptor of a stream; without meaning for a file.
        path: the file, which may be moved away meanwhile; a new one is begun then.
        name: what the sentences about it call it.
        complain: gets a sentence when the first line is lost.
        report: gets a sentence when lines are written again.

    Raises:
        OSError: the file cannot be opened.
    """

    def __init__(
        self,
        number: int = -1,
        *,
        path: Path | None = None,
        name: str,
        complain: Callable[[str], None],
        report: Callable[[str], None],
    ) -> None:
        self._path = path
        self._name = name
        self._complain = complain
        self._report = report
        self._number = _without_waiting(number) if path is None else _opened(path)
        self._is_own = self._number != number
        self._socket = _socket_of(self._number)
        self._write_some = _write_for(self._number, self._socket)
        self._waiting: deque[bytes] = deque()
        self._waiting_bytes = 0
        self._has_begun = False
        """True while the beginning of the first waiting line is written."""
        self._is_torn = False
        """True if the end of the last written line is lost."""
        self._lost = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._is_watched = False
        self._is_closed = False
        # Lines come from threads as well, and a complaint may come back here.
        self._lock = RLock()

    def write(self, line: str) -> None:
        """Write a line, keep it, or count it as lost."""
        data = line.encode(errors="backslashreplace") + b"\n"
        with self._lock:
            if self._is_closed:
                return
            self._flush()
            if self._waiting_bytes + len(data) > MAX_WAITING_BYTES:
                self._lose(1, "nobody reads it")
                return
            self._waiting.append(data)
            self._waiting_bytes += len(data)
            self._flush()

    @contextmanager
    def written_by(self, loop: asyncio.AbstractEventLoop) -> Iterator[None]:
        """Let a loop write what waits, as soon as somebody reads."""
        self._loop = loop
        try:
            yield
        finally:
            self._loop = None
            if self._is_watched:
                loop.remove_writer(self._number)

    def close(self, *, seconds: float) -> None:
        """Give a reader a moment for what waits still; later lines are lost."""
        if self._is_closed:
            return
        deadline = time.monotonic() + seconds
        while self._waiting and (left := deadline - time.monotonic()) > 0:
            _poll_of(self._number).poll(left * 1000)
            with self._lock:
                self._flush()
        self._is_closed = True
        if self._socket is not None:
            self._socket.close()
        if self._is_own:
            os.close(self._number)

    def _flush(self) -> None:
        if not self._waiting:
            return
        try:
            self._follow_moved_file()
            while self._waiting:
                self._write_first()
        except BlockingIOError:
            self._watch()
        except OSError as error:
            self._give_up(error.strerror or str(error))
        else:
            self._report_end()

    def _write_first(self) -> None:
        if self._is_torn:
            # The next line must not become the end of a torn one.
            self._write_some(b"\n")
            self._is_torn = False
        line = self._waiting[0]
        # A stream that is ready takes this much without waiting.
        written = self._write_some(line if self._path else line[: select.PIPE_BUF])
        self._waiting_bytes -= written
        self._has_begun = written < len(line)
        if self._has_begun:
            self._waiting[0] = line[written:]
        else:
            self._waiting.popleft()

    def _give_up(self, reason: str) -> None:
        lines = len(self._waiting)
        self._waiting.clear()
        self._waiting_bytes = 0
        self._is_torn = self._is_torn or self._has_begun
        self._has_begun = False
        self._lose(lines, reason)

    def _lose(self, lines: int, reason: str) -> None:
        is_first = lines > 0 and not self._lost
        self._lost += lines
        if is_first:
            self._complain(f"{self._name} cannot be written ({reason}): its lines are lost.")

    def _report_end(self) -> None:
        if self._lost:
            lost, self._lost = self._lost, 0
            self._report(f"{self._name} is written again; {lost} lines were lost.")

    def _follow_moved_file(self) -> None:
        if self._path is None:
            return
        before = os.fstat(self._number)
        try:
            now = self._path.stat()
        except FileNotFoundError:
            now = None
        if now is not None and (now.st_dev, now.st_ino) == (before.st_dev, before.st_ino):
            return
        number = _opened(self._path)
        os.close(self._number)
        self._number = number
        self._write_some = _write_for(number, None)

    def _watch(self) -> None:
        if self._loop is not None and not self._is_watched:
            self._is_watched = True
            self._loop.call_soon_threadsafe(self._loop.add_writer, self._number, self._resume)

    def _resume(self) -> None:
        with self._lock:
            self._flush()
            if self._loop is not None and not self._waiting:
                self._loop.remove_writer(self._number)
                self._is_watched = False


def _opened(path: Path) -> int:
    return os.open(path, _APPEND, 0o666)


def _without_waiting(number: int) -> int:
    """Return a descriptor of the same stream that never waits, if the system gives one.

    To change the flags of the one that was inherited would change them for the parent process.
    """
    mode = os.fstat(number).st_mode
    try:
        if stat.S_ISFIFO(mode):
            return os.open(f"/proc/self/fd/{number}", os.O_WRONLY | os.O_NONBLOCK)
        if os.isatty(number):
            return os.open(os.ttyname(number), os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY)
    except OSError:
        pass
    return number


def _socket_of(number: int) -> socket.socket | None:
    is_socket = stat.S_ISSOCK(os.fstat(number).st_mode)
    return socket.socket(fileno=os.dup(number)) if is_socket else None


def _write_for(number: int, connected: socket.socket | None) -> Write:
    """Return the function that writes to a descriptor without waiting."""
    if connected is not None:
        return lambda data: connected.send(data, socket.MSG_DONTWAIT)
    ready = _poll_of(number)

    def write(data: bytes) -> int:
        if not ready.poll(0):
            raise BlockingIOError
        return os.write(number, data)

    return write


def _poll_of(number: int) -> select.poll:
    poll = select.poll()
    poll.register(number, select.POLLOUT)
    return poll
