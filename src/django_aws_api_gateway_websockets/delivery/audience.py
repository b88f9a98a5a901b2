"""Whose turn it is: new recipients, those to be tried again at once, and those who wait."""

import heapq
import itertools
from collections import deque
from collections.abc import Iterator
from typing import Final

from .exchange import Exchange

__all__ = ["Audience"]

MAX_WAITING: Final = 1024
"""Recipients that may wait for another attempt before no further ones are begun."""


class Audience:
    """The recipients of a broadcast, pulled from their iterator one by one as there is room."""

    def __init__(self, connection_ids: Iterator[str]) -> None:
        self._ids: Iterator[str] | None = connection_ids
        self._next: deque[Exchange] = deque()
        self._waiting: list[tuple[float, int, Exchange]] = []
        self._order = itertools.count()

    @property
    def has_more(self) -> bool:
        """Whether anybody is left, as far as one can know without asking the iterator."""
        return self._ids is not None or bool(self._next) or bool(self._waiting)

    @property
    def next_due(self) -> float:
        """When the first of those who wait is to be tried again; infinite when nobody waits."""
        return self._waiting[0][0] if self._waiting else float("inf")

    def take(self, now: float) -> Exchange | None:
        """The next to be served, or `None` when nobody is due."""
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
        """Up to so many at a time whom nobody has been sent to yet; none while others wait.

        Args:
            most: how many there is room for, which is below 0 after answers that came late.
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
