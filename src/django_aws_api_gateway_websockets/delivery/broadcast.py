"""Sends one request to each of many connections, from one thread and without blocking on any.

Each turn of the loop gives recipients to free connections, sleeps until sockets are ready, and
advances those. Recipients are pulled from their iterator only when a connection can take one, and
outcomes are handed over as they come, so memory does not grow with the audience.

The number of connections grows by need: more are opened only when a millisecond passes in which no
answer came. A near server is served by few, a far one by as many as `max_in_flight`. One that has
shown to be near is busy when it is silent, and further connections would only cost handshakes.
"""

from collections.abc import Callable, Iterator
from typing import Final

from ..core.pacing import Pace
from ..core.retry import THROTTLED, RetryPolicy, is_passing, may_resend_at_once
from .audience import Audience
from .connection import BrokenConnectionError, Connection
from .destination import Destination
from .exchange import Exchange, Timeouts
from .in_flight import InFlight
from .pool import Pool
from .report import Outcome, OutcomeKind
from .request_writer import RequestWriter

__all__ = ["Broadcast"]

GROWTH_PAUSE_SECONDS: Final = 0.001

ENOUGH_FOR_NEAR: Final = 64
"""Connections to a server that answers within the pause: 64,000 answers a second, which no process
that sends can keep up with."""

TURN_SECONDS: Final = 0.25
"""Longest sleep, so that deadlines are looked at."""

MAX_FINISHED: Final = 256
"""Outcomes that may gather before the caller gets them."""


class Broadcast:
    """One call's worth of requests.

    Args:
        max_in_flight: requests under way at once, each on its own connection.
        max_silent: more of them that may wait for an answer which is late (see `InFlight`).
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
        per_second: float | None,
        clock: Callable[[], float],
        random: Callable[[], float],
    ) -> None:
        self._audience = audience
        self._writer = writer
        self._destination = destination
        self._pool = pool
        self._policy = policy
        self._timeouts = timeouts
        self._clock = clock
        self._random = random

        self._in_flight = InFlight(
            places=max_in_flight, silent_places=max_silent, read_seconds=timeouts.read_seconds
        )
        self._finished: list[Outcome] = []
        self._may_open = self._in_flight.room_for_handshakes
        self._lacks_connections = False
        self._has_connected = False
        self._shortest_answer_seconds = float("inf")
        self._given_up = ""
        # The broadcast's own time stands still while the caller holds an outcome: an answer that
        # lies in a socket meanwhile is not late.
        self._held_seconds = 0.0
        self._now = clock()
        self._pace = Pace(self._now, per_second)
        total = timeouts.total_seconds
        self._ends = float("inf") if total is None else self._now + total

    def outcomes(self) -> Iterator[Outcome]:
        """The outcome of each connection id, in the order they become known."""
        try:
            while len(self._in_flight) or self._audience.has_more:
                self._give_work()
                self._advance()
                self._end_overdue()
                finished, self._finished = self._finished, []
                before = self._clock()
                yield from finished
                self._held_seconds += self._clock() - before
        finally:
            self._in_flight.close()

    def _give_work(self) -> None:
        """Bring recipients and connections together, as long as there are both."""
        self._lacks_connections = False
        while self._in_flight.has_room and len(self._finished) < MAX_FINISHED:
            if not self._given_up and self._pace.wait_seconds(self._now):
                return
            exchange = self._audience.take(float("inf") if self._given_up else self._now)
            if exchange is None:
                return
            if self._given_up:
                self._finish(exchange)
            elif not self._found_connection(exchange):
                self._audience.put_first(exchange)
                self._lacks_connections = True
                return

    def _found_connection(self, exchange: Exchange) -> bool:
        connection = None
        if not exchange.needs_fresh_connection:
            connection = self._pool.borrow(self._destination)
        if connection is not None:
            self._in_flight.add(connection, exchange)
            self._start(connection, exchange)
        elif self._may_open > 0 or exchange.needs_fresh_connection:
            self._open_connection(exchange)
        else:
            return False
        return True

    def _open_connection(self, exchange: Exchange) -> None:
        try:
            connection = self._pool.open(self._destination)
        except BrokenConnectionError as error:
            self._not_connected(exchange, str(error))
            return
        self._may_open -= 1
        connection.deadline = self._now + self._timeouts.connect_seconds
        self._in_flight.add(connection, exchange)

    def _start(self, connection: Connection, exchange: Exchange) -> None:
        exchange.attempts += 1
        self._pace.begin()
        connection.deadline = self._now + self._timeouts.read_seconds
        try:
            connection.start(self._writer.request(exchange.connection_id))
        except BrokenConnectionError as error:
            self._broken(connection, str(error))
        else:
            self._in_flight.watch(connection)

    def _advance(self) -> None:
        ready = self._in_flight.ready(self._sleep_seconds())
        self._now = self._clock() - self._held_seconds
        self._may_open = 0
        if self._lacks_connections and not ready:
            self._may_open = self._room_for_more()
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
            elif connection.answer is None:
                self._start(connection, self._in_flight.established(connection))
            else:
                self._has_connected = True
                self._answered(connection)

    def _room_for_more(self) -> int:
        room = self._in_flight.room_for_handshakes
        if self._shortest_answer_seconds < GROWTH_PAUSE_SECONDS:
            room = min(room, ENOUGH_FOR_NEAR - self._in_flight.count_heard)
        return room

    def _sleep_seconds(self) -> float:
        if self._finished or self._given_up:
            return 0.0
        if self._lacks_connections:
            return GROWTH_PAUSE_SECONDS
        until = min(self._audience.next_due, self._ends, self._now + TURN_SECONDS)
        wait = self._pace.wait_seconds(self._now)
        if wait and self._audience.has_more:
            until = min(until, self._now + wait)
        return max(0.0, until - self._now)

    def _answered(self, connection: Connection) -> None:
        exchange = self._in_flight.answered(connection)
        answer = exchange.answer = connection.answer
        if exchange.attempts == 1 and answer is not None:
            took = self._now - (connection.deadline - self._timeouts.read_seconds)
            self._shortest_answer_seconds = min(took, self._shortest_answer_seconds)
            self._pace.answered(self._now, is_throttled=answer.status == THROTTLED)
        self._settle(exchange)
        if not connection.is_reusable:
            self._in_flight.remove(connection)
            connection.close()
            return
        following = None if self._pace.wait_seconds(self._now) else self._audience.take(self._now)
        if following is not None and not following.needs_fresh_connection:
            self._in_flight.hand_on(connection, following)
            self._start(connection, following)
            return
        if following is not None:
            self._audience.put_first(following)
        self._in_flight.remove(connection)
        self._pool.give_back(connection)

    def _broken(self, connection: Connection, reason: str) -> None:
        exchange = self._in_flight.remove(connection)
        connection.close()
        if not connection.is_established:
            if self._pool.avoid(connection):
                self._send_again_at_once(exchange)
            else:
                self._not_connected(exchange, reason)
        elif may_resend_at_once(reused=connection.is_reused, answer_begun=connection.answer_begun):
            exchange.attempts -= 1
            self._send_again_at_once(exchange)
        else:
            self._settle_without_answer(exchange, reason)

    def _end_overdue(self) -> None:
        if self._now >= self._ends:
            self._give_up(
                f"the {self._timeouts.total_seconds:g} seconds for the whole call are over"
            )
        for connection in self._in_flight.overdue(self._now):
            if self._given_up:
                return
            exchange = self._in_flight.remove(connection)
            connection.close()
            if connection.is_established:
                reason = f"no answer within {self._timeouts.read_seconds:g} seconds"
                self._settle_without_answer(exchange, reason)
            else:
                self._pool.avoid(connection)
                reason = f"no connection within {self._timeouts.connect_seconds:g} seconds"
                self._not_connected(exchange, reason)

    def _send_again_at_once(self, exchange: Exchange) -> None:
        exchange.needs_fresh_connection = True
        self._audience.put_first(exchange)

    def _not_connected(self, exchange: Exchange, reason: str) -> None:
        exchange.attempts += 1
        is_final = self._settle_without_answer(exchange, reason)
        if is_final and not self._has_connected:
            # Nothing answers there at all, so the others are spared their timeouts.
            self._give_up(reason)

    def _settle_without_answer(self, exchange: Exchange, reason: str) -> bool:
        exchange.answer = None
        exchange.reason = reason
        return self._settle(exchange)

    def _settle(self, exchange: Exchange) -> bool:
        """End an exchange, or put it off for another attempt; true when that was the end."""
        status = exchange.answer.status if exchange.answer else None
        wait = None
        # The policy would say the same, but nearly every recipient is spared the question.
        if is_passing(status):
            wait = self._policy.wait_seconds(
                attempts=exchange.attempts,
                status=status,
                remaining_seconds=self._ends - self._now,
                random=self._random,
            )
        if wait is None:
            self._finish(exchange)
        else:
            self._audience.put_off(exchange, self._now + wait)
        return wait is None

    def _finish(self, exchange: Exchange) -> None:
        if exchange.answer is not None:
            outcome = Outcome.of_answer(exchange.connection_id, exchange.answer, exchange.attempts)
        else:
            outcome = Outcome(
                exchange.connection_id,
                OutcomeKind.FAILED,
                exchange.attempts,
                reason=exchange.reason or self._given_up,
            )
        self._finished.append(outcome)

    def _give_up(self, reason: str) -> None:
        """Begin nothing more: whoever is left fails for this reason."""
        self._given_up = reason
        for connection in self._in_flight:
            exchange = self._in_flight.remove(connection)
            connection.close()
            exchange.reason = exchange.reason or reason
            self._finish(exchange)
