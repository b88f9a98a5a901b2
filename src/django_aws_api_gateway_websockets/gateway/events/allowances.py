"""The number of messages that connections may still send, and debts that closed connections leave.

A closed connection leaves its allowance to the next connection from its address, which begins with
that until it has filled up again. So a reconnect brings no advantage, and an address never has more
than its connections at one time would have had. An office that reconnects at once loses nothing: a
quiet client leaves no debt. A loud one leaves it to one successor, which may still send as much as
any other in the long run, and which gets error frames before it is closed.
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
"""Number of closed connections whose allowance is kept, which takes some megabytes at most."""

REFUSALS_OF_SUCCESSORS: Final = 10
"""Number of refusals before a successor is closed. It may not know of the debt, so it has to be
told, but less often than the first connection."""

ERROR_FRAMES: Final = RateLimit(10, 10)
"""Rate of error frames to one connection; more of them in a flood would help nobody."""

NETWORK_BITS: Final = 64
"""Bits of an IPv6 network of one subscriber (RFC 6177), who can use any address in it."""


@dataclass(slots=True)
class Allowance:
    """The remaining allowance of one connection."""

    messages: TokenBucket
    refusals: TokenBucket
    """Number of messages that may still be refused before the connection is closed."""
    error_frames: TokenBucket
    """Number of refusals that may still get an error frame."""


@dataclass(slots=True)
class _Generation:
    """Allowances that were used since some moment."""

    of_connections: dict[ConnectionId, Allowance] = field(default_factory=dict)
    left: dict[str, list[TokenBucket]] = field(default_factory=dict)
    """Message buckets of closed connections, by their address."""
    left_count: int = 0

    def __len__(self) -> int:
        return len(self.of_connections) + self.left_count

    def leave(self, network: str, messages: TokenBucket) -> None:
        self.left.setdefault(network, []).append(messages)
        self.left_count += 1

    def take_left(self, network: str) -> TokenBucket | None:
        buckets = self.left.get(network)
        if buckets is None:
            return None
        # The last one to leave is most likely the first to come back.
        messages = buckets.pop()
        self.left_count -= 1
        if not buckets:
            del self.left[network]
        return messages


class Allowances:
    """Allowances of all connections that have sent something lately.

    Args:
        per_second: messages of one connection in the long run.
        burst_seconds: seconds of silence until a connection may send a whole burst again.
    """

    def __init__(self, clock: Clock, *, per_second: float, burst_seconds: float) -> None:
        burst = math.ceil(per_second * burst_seconds)
        self._clock = clock
        self._limit = RateLimit(per_second, burst)
        self._seconds_to_fill = burst / per_second
        # An allowance is full after as much silence as filling takes, and need not be kept. So
        # there are two generations, and the earlier one is dropped as a whole.
        self._recent = _Generation()
        self._earlier = _Generation()
        self._is_ageing = False

    def __len__(self) -> int:
        """Return the number of allowances in memory."""
        return len(self._recent) + len(self._earlier)

    def of(self, client: ConnectedClient, now: float) -> Allowance:
        """Return the allowance of a connection.

        Args:
            now: the time in real seconds of the clock.
        """
        allowance = self._recent.of_connections.get(client.connection_id)
        if allowance is None:
            allowance = self._earlier.of_connections.pop(client.connection_id, None)
            allowance = allowance or self._first_of(client, now)
            self._recent.of_connections[client.connection_id] = allowance
            self._age_later()
        return allowance

    def leave(self, client: ConnectedClient) -> None:
        """Leave the allowance of a closed connection to the next one from its address."""
        allowance = self._recent.of_connections.pop(client.connection_id, None)
        allowance = allowance or self._earlier.of_connections.pop(client.connection_id, None)
        if allowance is None:
            return
        if self._recent.left_count >= MOST_LEFT // 2:
            self._age()
        self._recent.leave(_network_of(client.source_ip), allowance.messages)
        self._age_later()

    def _first_of(self, client: ConnectedClient, now: float) -> Allowance:
        open_for = self._clock.real_seconds(self._clock.now() - client.connected_at_ms / 1000)
        # An older connection was merely silent, and is no successor.
        if open_for <= self._seconds_to_fill * 2:
            network = _network_of(client.source_ip)
            messages = self._recent.take_left(network) or self._earlier.take_left(network)
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
    return Allowance(messages, TokenBucket(refusals, now), TokenBucket(ERROR_FRAMES, now))


def _network_of(address: str) -> str:
    """Return the part of an address that its owner cannot change."""
    parsed = address_of(address)
    if isinstance(parsed, IPv6Address):
        return str(int(parsed) >> (128 - NETWORK_BITS))
    return address
