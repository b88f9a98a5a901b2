"""The rate at which the requests of a broadcast may begin.

AWS responds with 429 for two reasons that call for two things. A slow client is throttled alone,
and its next attempt waits (`retry`). An account above its quota is throttled as a whole: most
requests are refused, whoever they are for, and only slowing down helps. The share of refusals
tells the second from the first, and the rate becomes the one that AWS was seen to take.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html
"""

from typing import Final

__all__ = ["Pace"]

WINDOW_SECONDS: Final = 0.25
"""Seconds for which responses are counted before the rate is looked at."""

FEWEST_RESPONSES: Final = 20
"""Fewer in a window say nothing about the account."""

ACCOUNT_SHARE: Final = 0.5
"""Share of refusals from which on it is the account that is throttled."""

CALM_SHARE: Final = 0.02
"""Share of refusals below which the rate may grow again."""

GROWTH: Final = 1.05
"""Factor by which the rate grows in a calm window."""

HEADROOM: Final = 1.1
"""Factor above the rate AWS took that is tried, or a raised quota would never be noticed."""

SLOWEST_PER_SECOND: Final = 50.0

BURST_SECONDS: Final = 0.05
"""Seconds' worth of the rate that may begin at once after a pause."""


class Pace:
    """Says when the next request may begin.

    Args:
        now: the time, in seconds that only grow.
        per_second: requests that may begin in a second at most; `None` sets no limit.
    """

    __slots__ = (
        "_allowance",
        "_limit",
        "_responses",
        "_seen_at",
        "_slowed_to",
        "_throttled",
        "_window_began",
        "per_second",
    )

    def __init__(self, now: float, per_second: float | None = None) -> None:
        self._limit = per_second
        self.per_second = per_second
        """The rate that holds now, for others to read; `None` while there is none."""
        self._slowed_to: float | None = None
        self._allowance = 1.0
        self._seen_at = now
        self._window_began = now
        self._responses = 0
        self._throttled = 0

    def wait_seconds(self, now: float) -> float:
        """Return the seconds until the next request may begin; 0 when it may at once."""
        rate = self.per_second
        if rate is None:
            return 0.0
        most = max(1.0, rate * BURST_SECONDS)
        self._allowance = min(most, self._allowance + (now - self._seen_at) * rate)
        self._seen_at = now
        return max(0.0, (1.0 - self._allowance) / rate)

    def begin(self) -> None:
        """A request begins; while there is no rate nobody need be told."""
        self._allowance -= 1.0

    def note_responses(self, now: float, *, responses: int, throttled: int) -> None:
        """Note the first responses to some requests, and how many of these were refusals."""
        self._responses += responses
        self._throttled += throttled
        # Once slowed down, responses are waited for, or a rate of few would never be left again.
        has_enough = self._slowed_to is None or self._responses >= FEWEST_RESPONSES
        if has_enough and now - self._window_began >= WINDOW_SECONDS:
            self._look(now)

    def _look(self, now: float) -> None:
        responses, throttled = self._responses, self._throttled
        seconds = now - self._window_began
        self._window_began, self._responses, self._throttled = now, 0, 0
        if responses < FEWEST_RESPONSES:
            return
        share = throttled / responses
        if share >= ACCOUNT_SHARE:
            self._slow_down((responses - throttled) / seconds * HEADROOM, now)
        elif self._slowed_to is not None and share <= CALM_SHARE:
            self._speed_up()

    def _slow_down(self, per_second: float, now: float) -> None:
        slower = max(SLOWEST_PER_SECOND, per_second)
        if self._limit is not None:
            slower = min(slower, self._limit)
        if self.per_second is None:
            self._allowance, self._seen_at = 0.0, now
        self.per_second = self._slowed_to = slower

    def _speed_up(self) -> None:
        assert self.per_second is not None  # noqa: S101 - it was slowed down to a rate.
        self.per_second *= GROWTH
        if self._limit is not None and self.per_second >= self._limit:
            self.per_second, self._slowed_to = self._limit, None
