"""The decision when the bytes of one client are read and parsed.

They wait while there is no room for what they cause: messages that wait for their backends, pongs
and replies that the client does not read. What has been read is parsed in slices, so that others
have a turn in between. After the end, only the client's close frame is of interest, but it may be
behind frames that were under way; a client that goes on nevertheless is read slowly, and then cut.
"""

import asyncio
from collections.abc import Callable
from typing import Final

from .frames import SLICE_FRAMES, Frames

__all__ = ["Intake"]

LATE_PAUSE_SECONDS: Final = 0.02
"""Pause between slices of data after the end. A client that keeps sending has to wait meanwhile,
with its data in the system's buffers, instead of keeping the gateway busy."""

MAX_FRAMES_TOO_LATE: Final = 1024
"""Number of frames after the end that can have been under way before. A client that sends more is
flooding, and would cost as much as before until the close timeout."""


class Intake:
    """The state of one connection that decides when its bytes are read and parsed.

    It decides only; the connection reads and parses.
    """

    __slots__ = (
        "_frames",
        "_frames_too_late",
        "_is_inbox_full",
        "_is_outbox_full",
        "_is_over",
        "_is_slice_planned",
        "is_held",
    )

    def __init__(self, frames: Frames) -> None:
        self.is_held = False
        """True while reading has to wait, because there is no room for messages or replies."""
        self._frames = frames
        self._frames_too_late = 0
        self._is_inbox_full = False
        self._is_outbox_full = False
        self._is_over = False
        self._is_slice_planned = False

    def set_inbox(self, *, is_full: bool) -> None:
        """Note whether too many of the client's messages wait for their backends."""
        self._is_inbox_full = is_full
        self.is_held = (is_full or self._is_outbox_full) and not self._is_over

    def set_outbox(self, *, is_full: bool) -> None:
        """Note whether the client leaves too much unread.

        Its pings and messages would fill the buffer with pongs and replies.
        """
        self._is_outbox_full = is_full
        self.is_held = (is_full or self._is_inbox_full) and not self._is_over

    def end(self) -> None:
        """Note that the connection has a reason to close: what comes now needs no room."""
        self._is_over = True
        self.is_held = False

    @property
    def may_read(self) -> bool:
        """Tell whether more bytes may be read from the network."""
        return not (self.is_held or self._frames.has_more)

    @property
    def may_parse(self) -> bool:
        """Tell whether bytes that have just been read may be parsed at once."""
        return self._frames_too_late < SLICE_FRAMES and not (self.is_held or self._frames.has_more)

    def plan_slice(self, parse_slice: Callable[[], None]) -> None:
        """Have the next slice of the waiting bytes parsed later, unless that is planned already.

        Args:
            parse_slice: has to ask `begin_slice`.
        """
        if not self._is_slice_planned:
            self._is_slice_planned = True
            # A few frames come late by accident.
            pause = LATE_PAUSE_SECONDS if self._frames_too_late >= SLICE_FRAMES else 0
            asyncio.get_running_loop().call_later(pause, parse_slice)

    def begin_slice(self) -> bool:
        """Tell whether there is still room for a planned slice, when its time has come."""
        self._is_slice_planned = False
        return not self.is_held

    def count_late_frame(self) -> bool:
        """Count a frame that came after the end, and tell whether the client is flooding."""
        self._frames_too_late += 1
        return self._frames_too_late > MAX_FRAMES_TOO_LATE
