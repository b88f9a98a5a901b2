"""The screen: each frame with its time and direction, for people or for programs."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.core.management.base import OutputWrapper
from django.core.management.color import Style

from .json_texts import format_json, parse_json

__all__ = ["Screen", "UnwritableError"]

_BEFORE: Final = len("12:00:00.000 < ")

_KEY: Final = re.compile(r'("(?:[^"\\]|\\.)*")(?=: )')


class UnwritableError(Exception):
    """Frames cannot be shown, because the disk is full, for example."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """The output of the command.

    Frames go to standard output, and what is said about them to standard error: with a pipe behind
    it, the output has nothing but frames.
    """

    out: OutputWrapper
    errors: OutputWrapper
    style: Style
    is_json: bool
    now: Callable[[], datetime]
    width: int | None = None
    """Columns of the terminal; None for a file, in which each frame has a line."""

    def sent(self, text: str) -> None:
        """Show a frame that was sent."""
        self._frame(">", text, self.style.HTTP_REDIRECT)

    def received(self, text: str) -> None:
        """Show a frame that came."""
        self._frame("<", text, self.style.HTTP_NOT_MODIFIED)

    def tell(self, event: str, sentence: str, **members: Any) -> None:
        """Say what has happened.

        Args:
            event: one word, for programs.
            sentence: for people.
            members: what programs get besides.
        """
        if self.is_json:
            self._write(self.out, self._object({"event": event, **members, "text": sentence}))
            return
        paint = (
            self.style.ERROR
            if event in {"refused", "lost", "problem"}
            else self.style.MIGRATE_HEADING
        )
        for line in sentence.splitlines():
            self._write(self.errors, paint(_readable(line)))

    def _frame(self, direction: str, text: str, paint: Callable[[str], str]) -> None:
        frame = _parse(text)
        if self.is_json:
            try:
                line = self._object({"direction": direction, "frame": frame})
            except (ValueError, RecursionError):
                line = self._object({"direction": direction, "frame": text})
            self._write(self.out, line)
            return
        moment = f"{self.now():%H:%M:%S.%f}"[:-3]
        shown = _pretty(frame, text, self.width)
        if isinstance(frame, dict | list):
            shown = _KEY.sub(lambda key: self.style.MIGRATE_LABEL(key[1]), shown)
        if isinstance(frame, dict) and frame.get("ok") is False:
            paint = self.style.ERROR
        self._write(self.out, f"{paint(f'{moment} {direction}')} {shown}")

    def _object(self, values: dict[str, Any]) -> str:
        moment = self.now().isoformat(timespec="milliseconds")
        return _readable(format_json({"time": moment, **values}))

    def _write(self, output: OutputWrapper, line: str) -> None:
        if getattr(output, "_out", None) is None:
            # It is closed.
            return
        encoding = getattr(output, "encoding", None) or "utf-8"
        # A terminal without the letters gets their numbers.
        shown = line.encode(encoding, "backslashreplace").decode(encoding)
        try:
            output.write(shown, lambda text: text)
            output.flush()
        except BrokenPipeError:
            raise
        except OSError as error:
            # Words about frames matter less than the frames.
            if output is self.out:
                raise UnwritableError((error.strerror or str(error)).lower()) from error


def _parse(text: str) -> Any:
    try:
        return parse_json(text)
    except (ValueError, RecursionError):
        return text


def _pretty(frame: Any, text: str, width: int | None) -> str:
    """Return what people see of a frame: its text, where it cannot be laid out."""
    if isinstance(frame, str):
        return _readable(frame)
    try:
        line = format_json(frame)
        if width is not None and len(line) + _BEFORE > width:
            lines = format_json(frame, indent=2).splitlines()
            return "\n".join(map(_readable, lines))
    except (ValueError, RecursionError):
        return _readable(text)
    return _readable(line)


def _readable(text: str) -> str:
    """Replace what could steer a terminal: frames may come from strangers."""
    return "".join(one if one.isprintable() else json.dumps(one)[1:-1] for one in text)
