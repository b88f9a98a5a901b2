"""Several posts in a row over one connection, to a server that says it reads ahead.

Only the gateway of this package says so, with a header of its responses; API Gateway has nothing of
the kind, and nothing is sent to it in this way. A sender of POSTs that does not wait for responses
has to know that the server is made for it (RFC 9112, section 9.3.2).

Gain: nearly every recipient costs both sides two system calls and a wake-up less. Decision 0001
(docs/explanation/decisions/0001-transport-of-delivery.md) has figures.
Removal: delete this file, and let a connection carry one exchange instead of a list of them.
`WEBSOCKETS_SWITCHED_OFF=posts-at-once` in the environment sends every post alone.
"""

import os
from typing import Final
from weakref import WeakKeyDictionary

from .exchange_queue import Exchange, ExchangeQueue
from .http1.destination import Destination
from .http1.pool import Pool
from .http1.response import Response

__all__ = ["PostsAtOnce"]

IS_SWITCHED_OFF: Final = "posts-at-once" in os.environ.get("WEBSOCKETS_SWITCHED_OFF", "").split(",")

HEADER: Final = "x-requests-at-once"

NUMBERS: Final = frozenset(map(str, range(1, 129)))

MAX_BYTES: Final = 128 * 1024
"""Bytes one connection carries at the same time."""

HEAD_BYTES: Final = 512
"""Approximate bytes of a request beside its body."""

_known: Final[WeakKeyDictionary[Pool, dict[Destination, int]]] = WeakKeyDictionary()
"""Numbers that destinations have said, for as long as the pool of their connections lives."""


class PostsAtOnce:
    """Decides how many posts of one call travel in a row.

    Args:
        body_bytes: length of each request's body.
        most: posts that may be under way at all.
    """

    __slots__ = ("_known", "_most", "_where", "most")

    def __init__(self, pool: Pool, destination: Destination, *, body_bytes: int, most: int) -> None:
        self._known = _known.setdefault(pool, {})
        self._where = destination
        self._most = min(most, max(1, MAX_BYTES // (HEAD_BYTES + body_bytes)))
        self.most = min(self._most, self._known.get(destination, 1))
        """Number of posts a connection may carry at the same time, as far as is known."""

    def learn(self, response: Response) -> int:
        """Read from a response how many requests the server takes; return the new `most`."""
        number = response.headers.get(HEADER, "1")
        takes = int(number) if number in NUMBERS and not IS_SWITCHED_OFF else 1
        self._known[self._where] = takes
        self.most = min(self._most, takes)
        return self.most

    def gather(
        self, first: Exchange, queue: ExchangeQueue, *, room: int, now: float
    ) -> list[Exchange]:
        """Return an exchange together with those that follow it on the same connection."""
        most = min(room, self.most)
        exchanges = [first, *queue.take_new(most - 1)]
        while len(exchanges) < most:
            following = queue.take(now)
            if following is None:
                break
            if following.needs_fresh_connection:
                queue.put_first(following)
                break
            exchanges.append(following)
        return exchanges
