"""Sends one request to each of many connections, from one thread and without blocking on any.

Each turn of the loop gives recipients to free connections, sleeps until sockets are ready, and
advances those. Recipients are pulled from their iterator only when a connection can take one, and
outcomes are handed over as they come, so memory does not grow with the audience.

The steps for every recipient are few calls; a step that serves all recipients of a turn is made
once for them. A connection carries a list of exchanges: it has one, unless `PostsAtOnce` adds more.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from ..core.pacing import Pace
from ..core.retry import RetryPolicy, may_resend_at_once
from .audience import Audience, Exchange
from .growth import GROWTH_PAUSE_SECONDS, Growth
from .http1.connection import BrokenConnectionError, Connection
from .http1.destination import Destination
from .http1.pool import Pool
from .http1.request_writer import RequestWriter
from .http1.response import Response
from .in_flight import InFlight
from .outcome import Outcome
from .posts_at_once import PostsAtOnce
from .results import Results

__all__ = ["FanOut", "Timeouts"]

CONNECT_TIMEOUT_SECONDS: Final = 5.0
READ_TIMEOUT_SECONDS: Final = 10.0

TURN_SECONDS: Final = 0.25
"""Longest sleep, so that deadlines are looked at."""

MAX_BURST: Final = 32
"""Requests that are written down before the first of them is sent."""

MAX_FINISHED: Final = 256
"""Outcomes that may gather before the caller gets them."""


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Limits of waiting; time a caller spends between two outcomes does not count."""

    connect_seconds: float = CONNECT_TIMEOUT_SECONDS
    """Limit for TCP, the proxy and TLS together."""
    read_seconds: float = READ_TIMEOUT_SECONDS
    """Limit from the start of a request to the end of its response."""
    total_seconds: float | None = None
    """Limit for a whole call with all its recipients and attempts; `None` sets none."""


class FanOut:
    """The requests of one call.

    Args:
        max_in_flight: requests under way at once, each on its own connection.
        max_silent: further requests that may wait for a late response (see `InFlight`).
        posts_at_once: says how many requests a connection carries together.
        per_second: requests that may begin in a second at most; `None` sets no limit.
        clock: gives seconds that only grow.
        random: gives a number from 0 up to 1, for the jitter of waits.
    """

    def __init__(  # noqa: PLR0913 - `Sender` puts these parts together, in one place.
        self,
        audience: Audience,
        writer: RequestWriter,
        *,
        destination: Destination,
        pool: Pool,
        policy: RetryPolicy,
        timeouts: Timeouts,
        max_in_flight: int,
        max_silent: int,
        posts_at_once: PostsAtOnce,
        per_second: float | None,
        clock: Callable[[], float],
        random: Callable[[], float],
    ) -> None:
        self._audience = audience
        self._writer = writer
        self._read_seconds = timeouts.read_seconds
        self._destination = destination
        self._pool = pool
        self._timeouts = timeouts
        self._clock = clock

        self._in_flight = InFlight(
            places=max_in_flight, silent_places=max_silent, read_seconds=timeouts.read_seconds
        )
        self._posts_at_once = posts_at_once
        self._growth = Growth(
            self._in_flight,
            resting=pool.count_idle(destination),
            per_connection=posts_at_once.most,
        )
        self._has_connected = False
        self._begun: list[tuple[Connection, list[Exchange]]] = []
        self._given_up = ""
        # The call's own time stands still while the caller holds an outcome: a response that lies
        # in a socket meanwhile is not late.
        self._held_seconds = 0.0
        self._now = self._turn_ended = clock()
        self._pace = Pace(self._now, per_second)
        self._is_paced = per_second is not None
        total = timeouts.total_seconds
        self._ends = float("inf") if total is None else self._now + total
        self._results = Results(audience, policy, now=self._now, ends=self._ends, random=random)

    def outcomes(self) -> Iterator[Outcome]:
        """Yield the outcome of each connection id, in the order they become known."""
        try:
            while len(self._in_flight) or self._audience.has_more:
                self._give_work()
                self._send_begun()
                self._advance()
                self._send_begun()
                self._end_overdue()
                self._end_turn()
                finished = self._results.take()
                self._turn_ended = self._clock()
                yield from finished
                self._held_seconds += self._clock() - self._turn_ended
        finally:
            self._in_flight.close()

    def _give_work(self) -> None:
        """Bring recipients and connections together, as long as there are both."""
        self._growth.lacks_connections = False
        while self._in_flight.room > 0 and len(self._results.finished) < MAX_FINISHED:
            if self._must_wait() and not self._given_up:
                return
            exchange = self._audience.take(float("inf") if self._given_up else self._now)
            if exchange is None:
                return
            if self._given_up:
                self._results.fail(exchange, self._given_up)
            elif not self._found_connection(exchange):
                self._audience.put_first(exchange)
                self._growth.lacks_connections = True
                return

    def _found_connection(self, exchange: Exchange) -> bool:
        connection = None
        if not exchange.needs_fresh_connection:
            connection = self._pool.borrow(self._destination)
        if connection is not None:
            exchanges = self._with_followers(exchange, room=self._in_flight.room)
            self._in_flight.add(connection, exchanges)
            self._begin(connection, exchanges)
        elif self._growth.may_open or exchange.needs_fresh_connection:
            self._open_connection(exchange)
        else:
            return False
        return True

    def _open_connection(self, exchange: Exchange) -> None:
        try:
            connection = self._pool.open(self._destination)
        except BrokenConnectionError as error:
            self._not_connected(exchange, reason=str(error))
            return
        self._growth.opened()
        exchange.needs_fresh_connection = False
        connection.deadline = self._now + self._timeouts.connect_seconds
        self._in_flight.add(connection, [exchange])

    def _with_followers(self, first: Exchange, *, room: int) -> list[Exchange]:
        """Return an exchange with those that travel behind it on the same connection."""
        # A rate is kept request by request.
        if self._is_paced:
            return [first]
        return self._posts_at_once.gather(first, self._audience, room=room, now=self._now)

    def _must_wait(self) -> bool:
        return self._is_paced and self._pace.wait_seconds(self._now) > 0

    def _begin(self, connection: Connection, exchanges: list[Exchange]) -> None:
        """Take note of an attempt, which is sent with the others of this turn."""
        for exchange in exchanges:
            exchange.attempts += 1
        if self._is_paced:
            self._pace.begin()
        connection.deadline = self._now + self._read_seconds
        self._growth.last_started = connection
        self._begun.append((connection, exchanges))

    def _send_begun(self) -> None:
        """Send the requests of this turn in bursts: to wake the server costs half a post."""
        if not self._begun:
            return
        self._writer.renew()
        begun, self._begun = self._begun, []
        for first in range(0, len(begun), MAX_BURST):
            self._send(begun[first : first + MAX_BURST])

    def _send(self, burst: list[tuple[Connection, list[Exchange]]]) -> None:
        requests = [self._requests(exchanges) for _, exchanges in burst]
        for (connection, exchanges), request in zip(burst, requests, strict=True):
            try:
                connection.start(request, responses=len(exchanges))
            except BrokenConnectionError as error:
                self._broken(connection, str(error))
            else:
                if connection.wants != connection.watched:
                    self._in_flight.watch(connection)

    def _requests(self, exchanges: list[Exchange]) -> bytes:
        request = self._writer.request
        if len(exchanges) == 1:
            return request(exchanges[0].connection_id)
        return b"".join([request(exchange.connection_id) for exchange in exchanges])

    def _advance(self) -> None:
        ready = self._in_flight.ready(
            self._sleep_seconds(), gather_seconds=self._growth.gather_seconds
        )
        now = self._clock()
        self._now = self._results.now = now - self._held_seconds
        self._growth.look(ready, seconds=now - self._turn_ended)
        for connection in ready:
            if self._given_up:
                return
            try:
                complete = connection.advance()
            except BrokenConnectionError as error:
                self._broken(connection, str(error))
                continue
            if not complete:
                self._in_flight.watch(connection)
            elif responses := connection.responses:
                self._take_responses(connection, responses)
            else:
                self._begin(connection, self._in_flight.established(connection))

    def _sleep_seconds(self) -> float:
        if self._results.finished or self._given_up:
            return 0.0
        if self._growth.lacks_connections:
            return GROWTH_PAUSE_SECONDS
        until = min(self._audience.next_due, self._ends, self._now + TURN_SECONDS)
        wait = self._pace.wait_seconds(self._now)
        if wait and self._audience.has_more:
            until = min(until, self._now + wait)
        return max(0.0, until - self._now)

    def _take_responses(self, connection: Connection, responses: list[Response]) -> None:
        self._has_connected = True
        results = self._results
        exchanges = self._in_flight.carried_by(connection)
        for exchange, response in zip(exchanges, responses, strict=True):
            results.take_response(exchange, response)
        if len(exchanges) > 1 or not connection.is_reused:
            self._growth.per_connection = self._posts_at_once.learn(responses[0])
        if not connection.is_reusable:
            self._in_flight.remove(connection)
            connection.close()
            return
        following = None if self._must_wait() else self._audience.take(self._now)
        if following is not None and not following.needs_fresh_connection:
            if self._growth.per_connection == 1:
                exchanges = [following]
            else:
                room = self._in_flight.room + len(exchanges)
                exchanges = self._with_followers(following, room=room)
            self._in_flight.hand_on(connection, exchanges)
            self._begin(connection, exchanges)
            return
        if following is not None:
            self._audience.put_first(following)
        self._in_flight.remove(connection)
        self._pool.give_back(connection)

    def _end_turn(self) -> None:
        results = self._results
        if results.responses:
            self._in_flight.count_responses(results.responses)
            self._pace.note_responses(
                self._now, responses=results.first_responses, throttled=results.refusals
            )
            self._is_paced = self._pace.per_second is not None
            results.start_turn()

    def _broken(self, connection: Connection, reason: str) -> None:
        unanswered = self._close_failed(connection)
        reused, begun = connection.is_reused, connection.response_begun
        if not connection.is_established:
            if self._pool.avoid(connection):
                self._send_again_at_once(unanswered)
            else:
                self._not_connected(*unanswered, reason=reason)
        elif may_resend_at_once(reused=reused, response_begun=begun):
            for exchange in unanswered:
                exchange.attempts -= 1
            self._send_again_at_once(unanswered)
        else:
            for exchange in unanswered:
                self._results.take_failure(exchange, reason)

    def _close_failed(self, connection: Connection) -> list[Exchange]:
        """Close a connection that fails; return its exchanges without response."""
        exchanges, responses = self._in_flight.remove(connection), connection.responses
        connection.close()
        for exchange, response in zip(exchanges, responses, strict=False):
            self._results.take_response(exchange, response)
        return exchanges[len(responses) :]

    def _end_overdue(self) -> None:
        if self._now >= self._ends:
            self._give_up(
                f"the {self._timeouts.total_seconds:g} seconds for the whole call are over"
            )
        for connection in self._in_flight.overdue(self._now):
            if self._given_up:
                return
            unanswered = self._close_failed(connection)
            if connection.is_established:
                reason = f"no answer within {self._timeouts.read_seconds:g} seconds"
                for exchange in unanswered:
                    # The one that is late already replaces the connection, not the next in turn.
                    exchange.needs_fresh_connection = exchange is unanswered[0]
                    self._results.take_failure(exchange, reason)
            else:
                self._pool.avoid(connection)
                reason = f"no connection within {self._timeouts.connect_seconds:g} seconds"
                self._not_connected(*unanswered, reason=reason)

    def _send_again_at_once(self, exchanges: list[Exchange]) -> None:
        for exchange in reversed(exchanges):
            exchange.needs_fresh_connection = True
            self._audience.put_first(exchange)

    def _not_connected(self, exchange: Exchange, *, reason: str) -> None:
        exchange.attempts += 1
        is_final = self._results.take_failure(exchange, reason)
        if is_final and not self._has_connected:
            # Nothing responds there at all, so the others are spared their timeouts.
            self._give_up(reason)

    def _give_up(self, reason: str) -> None:
        """Begin nothing more: all who are left fail for this reason."""
        self._given_up = reason
        self._begun.clear()
        for connection in self._in_flight:
            for exchange in self._close_failed(connection):
                self._results.fail(exchange, reason)
