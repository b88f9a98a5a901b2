"""The outputs of the command: standard output, standard error, and the file of the access log."""

import asyncio
import logging
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final, TextIO

from .runtime.log import access, execution, problems
from .runtime.output import Output

__all__ = ["Outputs"]

_LAST_SECONDS: Final = 0.5
"""Time a reader has for the last lines."""


class Outputs:
    """The places that lines of a gateway go to, none of which it ever waits for."""

    def __init__(self) -> None:
        self._may_announce = False
        self._out = _stream(
            sys.stdout, "Standard output", complain=problems.error, report=problems.warning
        )
        self._error = _stream(
            sys.stderr, "Standard error", complain=self._announce, report=problems.warning
        )
        self._all = [self._out, self._error]

    def set_up_logging(self, *, is_quiet: bool, access_log: Path | None) -> None:
        """Let the gateway's loggers write to them.

        Raises:
            OSError: the file of the access log cannot be opened.
        """
        handler = _LineHandler(self._error)
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)-7s %(message)s"))
        problems.addHandler(handler)
        problems.propagate = False
        problems.setLevel(logging.INFO)
        problems.getChild("frames").setLevel(logging.ERROR)
        # asyncio's complaints would go to a stream that is waited for.
        logging.getLogger().addHandler(handler)
        execution.setLevel(logging.WARNING if is_quiet else logging.INFO)
        access.propagate = False
        access.setLevel(logging.WARNING if is_quiet else logging.INFO)
        access.addHandler(_LineHandler(self._access_log(access_log)))

    def say(self, line: str) -> None:
        """Write a line to standard output."""
        self._may_announce = True
        self._out.write(line)

    @contextmanager
    def written_by(self, loop: asyncio.AbstractEventLoop) -> Iterator[None]:
        """Let a loop write what readers have not taken yet."""
        with ExitStack() as stack:
            for output in self._all:
                stack.enter_context(output.written_by(loop))
            yield

    def close(self) -> None:
        """Give readers a moment for the last lines."""
        for output in self._all:
            output.close(seconds=_LAST_SECONDS)

    def _access_log(self, path: Path | None) -> Output:
        if path is None:
            return self._error
        name = f"The access log {path}"
        output = Output(path=path, name=name, complain=problems.error, report=problems.warning)
        self._all.append(output)
        return output

    def _announce(self, sentence: str) -> None:
        # The first line is for the process that started this one.
        if self._may_announce:
            self._out.write(sentence)


class _LineHandler(logging.Handler):
    """Handler that gives each record to an output as a line, or as several of a traceback."""

    def __init__(self, output: Output) -> None:
        super().__init__()
        self._output = output

    def emit(self, record: logging.LogRecord) -> None:
        try:
            line = self.format(record)
        except Exception as error:  # noqa: BLE001 - logging's own way is a traceback to a stream.
            line = f"A line of {record.name} could not be made ({type(error).__name__})."
        self._output.write(line)


def _stream(
    stream: TextIO | None,
    name: str,
    *,
    complain: Callable[[str], None],
    report: Callable[[str], None],
) -> Output:
    # A stream that was closed before the start has no descriptor: its number may be a socket's.
    try:
        number = -1 if stream is None else stream.fileno()
    except OSError:
        # A notebook or a test has put something of its own in the stream's place.
        number = -1
    path = Path(os.devnull) if number < 0 else None
    return Output(number, path=path, name=name, complain=complain, report=report)
