"""The recipients of one call in a queue: new ones, those to be tried again, those who wait."""

import heapq
import itertools
from collections import deque
from collections.abc import Iterator
from typing import Final

from .http1.response import Response

__all__ = ["Exchange", "ExchangeQueue"]

MAX_WAITING: Final = 1024
"""Recipients that may wait for another attempt before no further ones are begun."""


class Exchange:
    """One recipient's turn, from its first attempt to its outcome."""

    # One is made for every recipient, and what few of them need stays with the class.
    attempts: int = 0
    """Attempts that count; one that only found a kept connection closed does not."""
    needs_fresh_connection: bool = False
    response: Response | None = None
    """Response to the last attempt; `None` when there was none, or when it was a success."""
    reason: str = ""
    """Reason why the last attempt had no response."""

    def __init__(self, connection_id: str) -> None:
        self.connection_id = connection_id


class ExchangeQueue:
    """The recipients of one call, pulled from their iterator one by one as there is room."""

    def __init__(self, connection_ids: Iterator[str]) -> None:
        self._ids: Iterator[str] | None = connection_ids
        self._next: deque[Exchange] = deque()
        self._waiting: list[tuple[float, int, Exchange]] = []
        self._order = itertools.count()

    @property
    def has_more(self) -> bool:
        """Tell whether anybody is left, as far as the iterator need not be asked for that."""
        return self._ids is not None or bool(self._next) or bool(self._waiting)

    @property
    def next_due(self) -> float:
        """Time at which the first of those who wait is tried again; infinite when nobody waits."""
        return self._waiting[0][0] if self._waiting else float("inf")

    def take(self, now: float) -> Exchange | None:
        """Return the next to be served, or `None` when nobody is due."""
        if self._next:
            return self._next.popleft()
        if self._waiting and (self._waiting[0][0] <= now):
            return heapq.heappop(self._waiting)[2]
        if self._ids is None or len(self._waiting) >= MAX_WAITING:
            return None
        connection_id = next(self._ids, None)
        if connection_id is None:
            self._ids = None
            return None
        return Exchange(connection_id)

    def take_new(self, most: int) -> list[Exchange]:
        """Return several at a time to whom nothing has been sent yet; none while others wait.

        Args:
            most: number there is room for; below 0 after responses that came late.
        """
        if most <= 0 or self._ids is None or self._next or self._waiting:
            return []
        taken = [Exchange(connection_id) for connection_id in itertools.islice(self._ids, most)]
        if len(taken) < most:
            self._ids = None
        return taken

    def put_first(self, exchange: Exchange) -> None:
        """Serve this one before all others."""
        self._next.appendleft(exchange)

    def put_off(self, exchange: Exchange, until: float) -> None:
        """Serve this one again from a certain time on, and the others meanwhile."""
        # The number keeps exchanges due at the same time from being compared.
        heapq.heappush(self._waiting, (until, next(self._order), exchange))
