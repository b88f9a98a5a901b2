"""What connections may still send, and what those that are gone have left to their successors.

A connection that is closed takes nothing with it: what it had spent is what the next one from its
address begins with, until it has been saved up again. So coming back brings nothing, and an address
never has more than the connections it had open at a time would have had. An office that comes back
at once loses nothing by it: who was quiet has left nothing, and who was loud has left it to one
successor, who may still send as much as anybody in the long run and is told before it is closed.
"""

import asyncio
import math
from dataclasses import dataclass, field
from ipaddress import IPv6Address
from typing import Final

from ...core.events.identifiers import ConnectionId
from ...core.throttling import RateLimit, TokenBucket
from ..connections.connected_client import ConnectedClient
from ..http.proxies import address_of
from ..runtime.clock import Clock

__all__ = ["Allowance", "Allowances"]

MOST_LEFT: Final = 10_000
"""What so many closed connections have left is kept: some megabytes, however many addresses there
are."""

REFUSALS_OF_SUCCESSORS: Final = 10
"""A successor may have nothing to do with what it has been left, so it has to be told; it need not
be told as often as the first one was."""

ANSWERS: Final = RateLimit(10, 10)
"""How often one connection is told that it has been refused; a flood of answers helps nobody."""

HOME_BITS: Final = 64
"""What one subscriber has of IPv6 (RFC 6177); any address within it can be had for the asking."""


@dataclass(slots=True)
class Allowance:
    """What a connection may still do."""

    messages: TokenBucket
    refusals: TokenBucket
    """How many messages may be sent in vain, which is as many at first."""
    answers: TokenBucket
    """How many of these are answered."""


@dataclass(slots=True)
class _Generation:
    """What was in use since a moment."""

    of_connections: dict[ConnectionId, Allowance] = field(default_factory=dict)
    left: dict[str, list[TokenBucket]] = field(default_factory=dict)
    """The messages of closed connections, by their address."""
    left_count: int = 0

    def __len__(self) -> int:
        return len(self.of_connections) + self.left_count

    def leave(self, home: str, messages: TokenBucket) -> None:
        self.left.setdefault(home, []).append(messages)
        self.left_count += 1

    def take_left(self, home: str) -> TokenBucket | None:
        buckets = self.left.get(home)
        if buckets is None:
            return None
        # Who comes back first is most likely who left last.
        messages = buckets.pop()
        self.left_count -= 1
        if not buckets:
            del self.left[home]
        return messages


class Allowances:
    """Knows the allowance of every connection that has sent something lately.

    Args:
        per_second: messages of one connection in the long run.
        burst_seconds: how long a connection is silent before it may send a whole burst again.
    """

    def __init__(self, clock: Clock, *, per_second: float, burst_seconds: float) -> None:
        burst = math.ceil(per_second * burst_seconds)
        self._clock = clock
        self._limit = RateLimit(per_second, burst)
        self._seconds_to_fill = burst / per_second
        # Whoever was silent for as long as filling takes has a full allowance, which need not be
        # kept. So there are two generations, and the earlier one is dropped as a whole.
        self._recent = _Generation()
        self._earlier = _Generation()
        self._is_ageing = False

    def __len__(self) -> int:
        """Allowances that are kept."""
        return len(self._recent) + len(self._earlier)

    def of(self, client: ConnectedClient, now: float) -> Allowance:
        """The allowance of a connection.

        Args:
            now: the moment in real seconds of the clock.
        """
        allowance = self._recent.of_connections.get(client.connection_id)
        if allowance is None:
            allowance = self._earlier.of_connections.pop(client.connection_id, None)
            allowance = allowance or self._first_of(client, now)
            self._recent.of_connections[client.connection_id] = allowance
            self._age_later()
        return allowance

    def leave(self, client: ConnectedClient) -> None:
        """A connection is over; what it has not sent is for the next one from its address."""
        allowance = self._recent.of_connections.pop(client.connection_id, None)
        allowance = allowance or self._earlier.of_connections.pop(client.connection_id, None)
        if allowance is None:
            return
        if self._recent.left_count >= MOST_LEFT // 2:
            self._age()
        self._recent.leave(_home_of(client.source_ip), allowance.messages)
        self._age_later()

    def _first_of(self, client: ConnectedClient, now: float) -> Allowance:
        open_for = self._clock.real_seconds(self._clock.now() - client.connected_at_ms / 1000)
        # A connection that is older has merely been silent, and succeeds nobody.
        if open_for <= self._seconds_to_fill * 2:
            home = _home_of(client.source_ip)
            messages = self._recent.take_left(home) or self._earlier.take_left(home)
            if messages is not None:
                count = min(self._limit.burst, REFUSALS_OF_SUCCESSORS)
                few = RateLimit(self._limit.per_second, count)
                return _allowance(messages, few, now)
        return _allowance(TokenBucket(self._limit, now), self._limit, now)

    def _age_later(self) -> None:
        if not self._is_ageing:
            self._is_ageing = True
            asyncio.get_running_loop().call_later(self._seconds_to_fill, self._age_in_time)

    def _age_in_time(self) -> None:
        self._is_ageing = False
        self._age()
        if len(self._earlier):
            self._age_later()

    def _age(self) -> None:
        self._earlier, self._recent = self._recent, _Generation()


def _allowance(messages: TokenBucket, refusals: RateLimit, now: float) -> Allowance:
    return Allowance(messages, TokenBucket(refusals, now), TokenBucket(ANSWERS, now))


def _home_of(address: str) -> str:
    """What cannot be changed about an address by asking for another one."""
    parsed = address_of(address)
    if isinstance(parsed, IPv6Address):
        return str(int(parsed) >> (128 - HOME_BITS))
    return address
