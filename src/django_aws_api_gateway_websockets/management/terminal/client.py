"""The client: it sends what is typed, shows what comes, and comes back when it is to."""

import queue
import random
import threading
import time
from contextlib import suppress
from typing import Final

from .closings import explain_close
from .comeback import Comeback
from .dialler import Dialler, RefusedError
from .exchange import Exchange, Kind
from .happenings import (
    LONGEST_LINE_BYTES,
    MOST_WAITING,
    Ended,
    Happening,
    Heard,
    Typed,
    listen_to_keyboard,
    listen_to_socket,
)
from .lines import Problem, read_line
from .plan import Plan
from .screen import Screen
from .script import Script
from .talker import MOST_HELD, Talker

__all__ = ["Client"]

_IDLE_SECONDS: Final = 450.0
"""API Gateway ends connections in which nothing travels for 10 minutes."""
_LONG_SECONDS: Final = 86_400.0
_TOO_LONG: Final = Problem(
    f"Not sent: the line has more than {LONGEST_LINE_BYTES} bytes, which is more than API Gateway "
    "takes in a message."
)


class Client:
    """One run at the terminal.

    Args:
        dialler: opens sockets.
        screen: shows what happens.
        plan: says what to send, and when it is done.
    """

    def __init__(self, dialler: Dialler, screen: Screen, plan: Plan) -> None:
        self.has_been_open = False
        """True once a socket was open."""
        self._dialler, self._screen, self._plan = dialler, screen, plan
        self._exchange = Exchange(dialler.selection_key, plan.channels)
        self._comeback = Comeback()
        self._happenings: queue.Queue[Happening] = queue.Queue(MOST_WAITING)
        self._slots = threading.Semaphore(MOST_HELD)
        self._talker = Talker(screen, self._exchange, plan.sends, self._slots)
        self._script = Script(plan, self._talker, self._exchange)
        self._opened_at = self._ended_at = self._heard_at = 0.0
        self._dial_at: float | None = None
        self._is_well: bool | None = None

    def run(self, descriptor: int) -> bool:
        """Talk until it is done; tell whether it ended as it was to.

        Args:
            descriptor: number of the file that lines are read from.

        Raises:
            RefusedError: the first socket could not be opened.
        """
        self._open()
        if self._plan.reads_input:
            listen_to_keyboard(self._happenings, descriptor, self._slots)
        while self._is_well is None:
            self._talker.send_held()
            # A script that asks for its end has that of its input: replies are still to come.
            self._script.is_input_over |= self._talker.wants_end
            if self._plan.is_script:
                self._end_script()
            elif self._talker.wants_end:
                self._finish()
            if self._is_well is None:
                self._react(self._next())
        return self._is_well

    def close(self) -> None:
        """Close the socket, as a page does when it is left."""
        socket, self._talker.socket = self._talker.socket, None
        if socket is not None:
            with suppress(OSError):
                socket.close()

    def _next(self) -> Happening | None:
        """Wait for what happens next; None when it is time for something."""
        left = max(0.0, self._alarm() - time.monotonic())
        try:
            return self._happenings.get(timeout=left)
        except queue.Empty:
            return None

    def _alarm(self) -> float:
        asked = (self._dial_at, self._talker.deadline, self._script.ends_at, self._silence_end())
        known = [one for one in asked if one is not None]
        return min([time.monotonic() + _LONG_SECONDS, *known])

    def _silence_end(self) -> float | None:
        if self._plan.comes_back and self._talker.socket is not None:
            return max(self._talker.active_at, self._heard_at) + _IDLE_SECONDS
        return None

    def _react(self, happening: Happening | None) -> None:
        if happening is None:
            self._on_time()
        elif isinstance(happening, Typed):
            self._take_line(happening)
        elif happening.socket is not self._talker.socket:
            # Of a socket that has been given up.
            return
        elif isinstance(happening, Heard):
            self._hear(happening.text)
        else:
            self._lose(happening)

    def _on_time(self) -> None:
        now = time.monotonic()
        if self._dial_at is not None and now >= self._dial_at:
            self._come_back()
        if (deadline := self._talker.deadline) is not None and now >= deadline:
            self._talker.wait_no_longer()
        if (silence_end := self._silence_end()) is not None and now >= silence_end:
            self._talker.send(self._exchange.ping())

    def _take_line(self, typed: Typed) -> None:
        if typed.line is not None:
            line = _TOO_LONG if typed.is_too_long else read_line(typed.line)
            self._talker.take(line, is_script=self._plan.is_script)
            return
        self._script.is_input_over = True
        if not self._plan.is_script:
            self._finish()

    def _hear(self, text: str) -> None:
        self._heard_at = time.monotonic()
        received = self._exchange.receive(text)
        self._screen.received(text)
        self._talker.note_reply(received)
        if received.values.get("ws") == "advice":
            self._comeback.take_advice(received.values)
        if received.reply_to is None or received.reply_to.kind is not Kind.HELLO:
            self._script.counted += 1
            return
        told = received.values.get("channels")
        if self._ended_at:
            away = self._opened_at - self._ended_at
            for sentence in self._exchange.places.missed(told, away_seconds=away):
                self._screen.tell("missed", sentence)
        self._exchange.places.join(told)

    def _end_script(self) -> None:
        """End a script that is done, or has waited for as long as it may."""
        if self._script.is_done:
            self._finish()
        elif (end := self._script.ends_at) is not None and time.monotonic() >= end:
            missing = self._script.missing
            if missing:
                self._screen.tell("problem", missing)
            self._finish(is_well=not missing)

    def _open(self) -> None:
        socket = self._dialler.dial()
        self.has_been_open = True
        self._opened_at = self._talker.active_at = time.monotonic()
        self._talker.socket = socket
        listen_to_socket(self._happenings, socket)
        word = "Back" if self._ended_at else "Connected"
        self._screen.tell("open", f"{word}: {self._dialler.url}", url=self._dialler.url)
        if self._exchange.places.positions:
            self._talker.send(self._exchange.hello())
        elif self._ended_at:
            away = self._opened_at - self._ended_at
            sentence = f"Whatever was sent to this client in the {away:.1f} s meanwhile is lost."
            self._screen.tell("missed", sentence)

    def _lose(self, ended: Ended) -> None:
        self._ended_at = time.monotonic()
        end = explain_close(ended.code, ended.reason, is_ours=ended.is_ours)
        sentence = f"The socket was closed with {end}."
        if self._comeback.reason:
            sentence += f" The server has said: {self._comeback.reason}."
        self._screen.tell("lost", sentence, code=ended.code)
        self._talker.lose()
        if not self._plan.comes_back:
            self._is_well = False
        elif not self._comeback.may_follow(ended.code):
            self._screen.tell("lost", "The server has closed it for good, so it stays closed.")
            self._is_well = False
        else:
            self._pause(self._ended_at - self._opened_at)

    def _pause(self, lived_seconds: float) -> None:
        chance = random.random()  # noqa: S311 - spreads clients, and protects nothing.
        pause = self._comeback.pause(lived_seconds=lived_seconds, chance=chance)
        self._dial_at = time.monotonic() + pause
        self._screen.tell("waiting", f"The next attempt is in {pause:.1f} s.", seconds=pause)

    def _come_back(self) -> None:
        self._dial_at = None
        try:
            self._open()
        except RefusedError as refused:
            self._screen.tell("refused", str(refused), status=refused.status)
            if refused.is_final:
                self._is_well = False
            else:
                self._pause(0.0)

    def _finish(self, *, is_well: bool = True) -> None:
        # A script has nobody who reads what was said of its lines.
        self._is_well = is_well and not (self._plan.is_script and self._talker.unsent)
        if self._talker.socket is not None:
            self.close()
            self._screen.tell("closed", "Closed with 1000: this client has closed it.", code=1000)
