"""The end of a script, which nobody at the keyboard decides."""

from .exchange import Exchange
from .plan import Plan
from .talker import Talker

__all__ = ["Script"]


class Script:
    """Knows what a script still waits for, and until when.

    Args:
        plan: says what it waits for.
        talker: has the lines that are still to be sent.
        exchange: has the frames whose replies are still to come.
    """

    def __init__(self, plan: Plan, talker: Talker, exchange: Exchange) -> None:
        self.counted = 0
        """Frames that have come."""
        self.is_input_over = not plan.reads_input
        """True when no further lines will be read."""
        self._plan, self._talker, self._exchange = plan, talker, exchange

    @property
    def ends_at(self) -> float | None:
        """Time at which it waits no longer; None while lines are to be sent, or without script."""
        if self._plan.is_script and self.is_input_over and self._talker.is_idle:
            return self._talker.active_at + self._plan.wait_seconds
        return None

    @property
    def is_done(self) -> bool:
        """True when it need not wait until its end."""
        plan, talker = self._plan, self._talker
        if plan.count is not None:
            return self.counted >= plan.count
        if plan.is_wait_given or not talker.own_frames:
            return False
        is_answered = not talker.own_unnamed and not self._exchange.pending
        return is_answered and self.is_input_over and talker.is_idle

    @property
    def missing(self) -> str:
        """A sentence that says what has not come; "" when everything has."""
        wait, count = self._plan.wait_seconds, self._plan.count
        if count is not None:
            return f"{self.counted} of {count} frames came within {wait:g} s."
        if missing := len(self._exchange.pending):
            return f"{missing} of the replies did not come in {wait:g} s."
        return ""
