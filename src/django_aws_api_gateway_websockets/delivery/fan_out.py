"""Sends one request to each of many recipients, from one thread and without blocking on any.

A recipient is a WebSocket, known by its id; a connection is one of HTTP, which carries requests.
Each turn of the loop gives recipients to free connections, sleeps until connections are ready, and
advances those. Recipients are pulled from their iterator only when a connection can take one, and
outcomes are handed over as they come, so memory does not grow with the number of recipients.

The steps for every recipient are few calls; a step that serves all recipients of a turn is made
once for them. A connection carries a list of exchanges: it has one, unless `PostsAtOnce` adds more.
"""

from collections.abc import Callable, Iterator
from typing import Final

from ..core.pacing import Pace
from ..core.retry import RetryPolicy
from .bursts import Bursts
from .call_time import CallTime
from .exchange_queue import Exchange, ExchangeQueue
from .failures import Failures
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
from .timeouts import Timeouts

__all__ = ["FanOut", "Timeouts"]

TURN_SECONDS: Final = 0.25
"""Longest sleep, so that deadlines are looked at."""

MAX_FINISHED: Final = 256
"""Outcomes that may gather before the caller gets them."""


class FanOut:
    """The requests of one call.

    Args:
        in_flight: has no connections yet; it is closed in the end.
        posts_at_once: says how many requests a connection carries together.
        per_second: requests that may begin in a second at most; `None` sets no limit.
        clock: gives seconds that only grow.
        random: gives a number from 0 up to 1, for the jitter of waits.
    """

    def __init__(  # noqa: PLR0913 - `Sender` puts these parts together, in one place.
        self,
        queue: ExchangeQueue,
        writer: RequestWriter,
        in_flight: InFlight,
        *,
        destination: Destination,
        pool: Pool,
        policy: RetryPolicy,
        timeouts: Timeouts,
        posts_at_once: PostsAtOnce,
        per_second: float | None,
        clock: Callable[[], float],
        random: Callable[[], float],
    ) -> None:
        self._queue = queue
        self._destination = destination
        self._pool = pool
        self._connect_seconds = timeouts.connect_seconds
        self._time = CallTime(clock, total_seconds=timeouts.total_seconds)
        self._in_flight = in_flight
        self._posts_at_once = posts_at_once
        self._growth = Growth(
            in_flight, resting=pool.count_idle(destination), per_connection=posts_at_once.most
        )
        self._pace = Pace(self._time.now, per_second)
        self._is_paced = per_second is not None
        self._bursts = Bursts(
            writer, in_flight, time=self._time, read_seconds=timeouts.read_seconds
        )
        self._results = Results(queue, policy, time=self._time, random=random)
        self._failures = Failures(
            queue, in_flight, self._results, pool=pool, timeouts=timeouts, time=self._time
        )

    def outcomes(self) -> Iterator[Outcome]:
        """Yield the outcome of each connection id, in the order they become known."""
        try:
            while len(self._in_flight) or self._queue.has_more:
                self._give_work()
                self._send_bursts()
                self._advance()
                self._send_bursts()
                self._failures.end_overdue()
                self._end_turn()
                finished = self._results.take()
                self._time.pause()
                yield from finished
                self._time.resume()
        finally:
            self._in_flight.close()

    def _give_work(self) -> None:
        """Bring recipients and connections together, as long as there are both."""
        failures = self._failures
        self._growth.lacks_connections = False
        while self._in_flight.room > 0 and len(self._results.finished) < MAX_FINISHED:
            now = self._time.now
            if self._is_paced and not failures.given_up and self._pace.wait_seconds(now) > 0:
                return
            exchange = self._queue.take(float("inf") if failures.given_up else now)
            if exchange is None:
                return
            if failures.given_up:
                self._results.fail(exchange, failures.given_up)
            elif not self._assign_connection(exchange):
                self._queue.put_first(exchange)
                self._growth.lacks_connections = True
                return

    def _assign_connection(self, exchange: Exchange) -> bool:
        """Give an exchange to an idle connection or a new one; false when it has to wait."""
        connection = None
        if not exchange.needs_fresh_connection:
            connection = self._pool.borrow(self._destination)
        if connection is not None:
            exchanges = self._with_followers(exchange, room=self._in_flight.room)
            self._in_flight.add(connection, exchanges)
            self._add_to_burst(connection, exchanges)
        elif self._growth.may_open or exchange.needs_fresh_connection:
            self._open_connection(exchange)
        else:
            return False
        return True

    def _open_connection(self, exchange: Exchange) -> None:
        try:
            connection = self._pool.open(self._destination)
        except BrokenConnectionError as error:
            self._failures.not_connected(exchange, reason=str(error))
            return
        self._growth.opened()
        exchange.needs_fresh_connection = False
        connection.deadline = self._time.now + self._connect_seconds
        self._in_flight.add(connection, [exchange])

    def _with_followers(self, first: Exchange, *, room: int) -> list[Exchange]:
        """Return an exchange with those that travel behind it on the same connection."""
        # A rate is kept request by request.
        if self._is_paced:
            return [first]
        return self._posts_at_once.gather(first, self._queue, room=room, now=self._time.now)

    def _add_to_burst(self, connection: Connection, exchanges: list[Exchange]) -> None:
        """Count an attempt, and let it wait to be sent with the others of this turn."""
        for exchange in exchanges:
            exchange.attempts += 1
        if self._is_paced:
            self._pace.begin()
        self._bursts.waiting.append((connection, exchanges))

    def _send_bursts(self) -> None:
        # Once all are given up, those that wait have no open connection any more.
        if self._bursts.waiting and not self._failures.given_up:
            self._growth.last_started, _ = self._bursts.waiting[-1]
            for connection, reason in self._bursts.send():
                self._failures.broken(connection, reason)

    def _advance(self) -> None:
        ready = self._in_flight.ready(
            self._sleep_seconds(), gather_seconds=self._growth.gather_seconds
        )
        self._growth.look(ready, seconds=self._time.go_on())
        failures = self._failures
        for connection in ready:
            if failures.given_up:
                return
            try:
                complete = connection.advance()
            except BrokenConnectionError as error:
                failures.broken(connection, str(error))
                continue
            if not complete:
                self._in_flight.watch(connection)
            elif responses := connection.responses:
                self._take_responses(connection, responses)
            else:
                self._add_to_burst(connection, self._in_flight.established(connection))

    def _sleep_seconds(self) -> float:
        if self._results.finished or self._failures.given_up:
            return 0.0
        if self._growth.lacks_connections:
            return GROWTH_PAUSE_SECONDS
        now = self._time.now
        until = min(self._queue.next_due, self._time.ends, now + TURN_SECONDS)
        wait = self._pace.wait_seconds(now)
        if wait and self._queue.has_more:
            until = min(until, now + wait)
        return max(0.0, until - now)

    def _take_responses(self, connection: Connection, responses: list[Response]) -> None:
        self._failures.has_responded = True
        results, in_flight = self._results, self._in_flight
        exchanges = in_flight.carried_by(connection)
        for exchange, response in zip(exchanges, responses, strict=True):
            results.take_response(exchange, response)
        if len(exchanges) > 1 or not connection.is_reused:
            self._growth.per_connection = self._posts_at_once.learn(responses[0])
        if not connection.is_reusable:
            in_flight.remove(connection)
            connection.close()
            return
        now = self._time.now
        must_wait = self._is_paced and self._pace.wait_seconds(now) > 0
        following = None if must_wait else self._queue.take(now)
        if following is not None and not following.needs_fresh_connection:
            if self._growth.per_connection == 1:
                exchanges = [following]
            else:
                room = in_flight.room + len(exchanges)
                exchanges = self._with_followers(following, room=room)
            in_flight.hand_on(connection, exchanges)
            self._add_to_burst(connection, exchanges)
            return
        if following is not None:
            self._queue.put_first(following)
        in_flight.remove(connection)
        self._pool.give_back(connection)

    def _end_turn(self) -> None:
        results = self._results
        if results.responses:
            self._in_flight.count_responses(results.responses)
            self._pace.note_responses(
                self._time.now, responses=results.first_responses, throttled=results.refusals
            )
            self._is_paced = self._pace.per_second is not None
            results.start_turn()
