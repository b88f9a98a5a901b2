"""The talker: it sends lines in their order, each when its turn has come, and times the replies."""

import threading
import time
from collections import deque
from collections.abc import Iterable
from typing import Any, Final

from ...core.quotas import MAX_FRAME_BYTES
from .exchange import Exchange, Kind, Outgoing, Received
from .json_texts import explain_unsendable
from .lines import HELP, Line, Order, Problem, Word
from .screen import Screen

__all__ = ["MOST_HELD", "Talker"]

MOST_HELD: Final = 100
"""Lines that wait for their turn; whoever types more waits."""

_REPLY_SECONDS: Final = 10.0


class Talker:
    """The lines of one run, and the frames they become.

    Args:
        screen: shows what is sent.
        exchange: knows the frames.
        lines: are carried out first.
        slots: get one back for each line that is done with.
    """

    def __init__(
        self, screen: Screen, exchange: Exchange, lines: Iterable[Line], slots: threading.Semaphore
    ) -> None:
        self.socket: Any = None
        """The open socket; None while there is none."""
        self.active_at = 0.0
        """Time of the last frame that was sent, or of the socket's opening."""
        self.wants_end = False
        """True once a line has asked for the end."""
        self.own_frames = 0
        """Frames that the person has sent."""
        self.own_unnamed = 0
        """Those of them whose reply nobody can tell."""
        self.unsent = 0
        """Lines that could not be sent, whatever the connection."""
        self._screen, self._exchange, self._slots = screen, exchange, slots
        self._held: deque[Line] = deque(lines)
        self._first: Outgoing | None = None
        self._first_until = 0.0
        self._sent_at: dict[str | int, float] = {}

    @property
    def is_idle(self) -> bool:
        """True when no line waits, and none is waited for."""
        return not self._held and self._first is None

    @property
    def deadline(self) -> float | None:
        """Time until which lines wait for a reply; None when they wait for none."""
        return None if self._first is None else self._first_until

    def take(self, line: Line | None, *, is_script: bool) -> None:
        """Take a line that was typed; in a script, each keeps its place."""
        is_urgent = isinstance(line, Order) and line.word in {Word.CLOSE, Word.HELP}
        if line is not None and not (is_urgent and not is_script):
            self._held.append(line)
            return
        self._slots.release()
        if line is not None:
            self._carry_out(line)

    def send_held(self) -> None:
        """Carry out the lines whose turn has come."""
        while self._held and self.socket is not None and self._first is None and not self.wants_end:
            if not self._carry_out(self._held[0]):
                # The socket has ended; it is the first one to be sent over the next.
                return
            self._held.popleft()
            self._slots.release()
        if self.wants_end:
            self._held.clear()

    def send(self, frame: Outgoing) -> bool:
        """Send a frame; False when the socket has ended."""
        if reason := explain_unsendable(frame.text):
            return self._drop(f"Not sent: {reason}.")
        if (size := len(frame.text.encode())) > MAX_FRAME_BYTES:
            return self._drop(
                f"Not sent: it has {size} bytes, and API Gateway ends a connection for a frame of "
                f"more than {MAX_FRAME_BYTES}."
            )
        if not self._transmit(frame.text):
            return False
        self._screen.sent(frame.text)
        self._exchange.note_sent(frame)
        self.active_at = time.monotonic()
        if frame.id is not None:
            self._sent_at[frame.id] = self.active_at
        if frame.goes_first:
            self._first, self._first_until = frame, self.active_at + _REPLY_SECONDS
        if frame.kind is not Kind.HELLO:
            self.own_frames += 1
            self.own_unnamed += frame.id is None
        return True

    def note_reply(self, received: Received) -> None:
        """Let the lines go on that have waited for this reply."""
        sent = received.reply_to
        if sent is None or sent.id is None:
            return
        took_seconds = time.monotonic() - self._sent_at.pop(sent.id)
        if self._first is sent:
            self._first = None
        if sent.kind is Kind.PING:
            self._screen.tell("alive", f"Django has replied in {took_seconds * 1000:.0f} ms.")

    def wait_no_longer(self) -> None:
        """Let the lines go on that have waited for a reply in vain."""
        self._screen.tell("problem", f"No reply has come within {_REPLY_SECONDS:g} s.")
        self._first = None

    def lose(self) -> None:
        """Forget the socket, which has ended, and what was to come out of it."""
        self.socket, self._first = None, None
        self._sent_at.clear()
        unanswered = len(self._exchange.pending)
        self._exchange.pending.clear()
        if unanswered:
            self._screen.tell(
                "problem",
                f"Replies that did not come: {unanswered}. Whether those frames were carried out "
                "is not known.",
            )

    def _carry_out(self, line: Line) -> bool:
        if isinstance(line, Problem):
            self._drop(line.text)
        elif isinstance(line, Order) and line.word is Word.HELP:
            self._screen.tell("help", HELP)
        elif isinstance(line, Order) and line.word is Word.CLOSE:
            self.wants_end = True
        else:
            return self.send(self._exchange.frame_of(line))
        return True

    def _drop(self, sentence: str) -> bool:
        """Say why a line is not sent; True, since it is done with."""
        self.unsent += 1
        self._screen.tell("problem", sentence)
        return True

    def _transmit(self, text: str) -> bool:
        from websockets.exceptions import ConnectionClosed

        try:
            self.socket.send(text)
        except ConnectionClosed:
            return False
        return True
