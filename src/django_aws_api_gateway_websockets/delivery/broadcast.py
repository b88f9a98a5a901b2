"""Sends one request to each of many connections, from one thread and without blocking on any.

Each turn of the loop gives recipients to free connections, sleeps until sockets are ready, and
advances those. Recipients are pulled from their iterator only when a connection can take one, and
outcomes are handed over as they come, so memory does not grow with the audience.

The number of connections grows by need: more are opened only when a millisecond passes in which no
answer came. A near server is served by few, a far one by as many as `max_in_flight`. One that has
shown to be near is busy when it is silent, and further connections would only cost handshakes: one
takes as long as forty posts, on both sides.

What happens for every recipient is kept to few calls; what a turn can do for all of its recipients
together, it does once.
"""

from collections.abc import Callable, Iterator
from typing import Final

from ..core.pacing import Pace
from ..core.retry import RetryPolicy, may_resend_at_once
from .answer import Answer
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

ENOUGH_FOR_NEAR: Final = 32
"""Connections to a server that answers within the pause: more than 32,000 answers a second."""

GATHER_SECONDS: Final = 0.001
"""How long the answers of a far server are let gather, which is little beside what they take."""

ENOUGH_TO_GATHER: Final = 64
"""Requests under way from which on several answers are to be expected in that time."""

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
        self._read_seconds = timeouts.read_seconds
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
        resting = pool.count_idle(destination)
        self._may_open = max(0, self._in_flight.room_for_handshakes - resting)
        self._lacks_connections = False
        self._has_connected = False
        self._last_started: Connection | None = None
        self._is_near = False
        self._answers_of_turn = self._refusals_of_turn = 0
        self._has_renewed = False
        self._given_up = ""
        # The broadcast's own time stands still while the caller holds an outcome: an answer that
        # lies in a socket meanwhile is not late.
        self._held_seconds = 0.0
        self._now = self._turn_ended = clock()
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
                self._end_turn()
                finished, self._finished = self._finished, []
                self._turn_ended = self._clock()
                yield from finished
                self._held_seconds += self._clock() - self._turn_ended
        finally:
            self._in_flight.close()

    def _give_work(self) -> None:
        """Bring recipients and connections together, as long as there are both."""
        self._lacks_connections = False
        while self._in_flight.has_room and len(self._finished) < MAX_FINISHED:
            if self._must_wait() and not self._given_up:
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

    def _must_wait(self) -> bool:
        return self._pace.per_second is not None and self._pace.wait_seconds(self._now) > 0

    def _start(self, connection: Connection, exchange: Exchange) -> None:
        if not self._has_renewed:
            self._writer.renew()
            self._has_renewed = True
        exchange.attempts += 1
        if self._pace.per_second is not None:
            self._pace.begin()
        connection.deadline = self._now + self._read_seconds
        self._last_started = connection
        try:
            connection.start(self._writer.request(exchange.connection_id))
        except BrokenConnectionError as error:
            self._broken(connection, str(error))
        else:
            if connection.wants != connection.watched:
                self._in_flight.watch(connection)

    def _advance(self) -> None:
        ready = self._in_flight.ready(self._sleep_seconds(), gather_seconds=self._gather_seconds())
        now = self._clock()
        self._now = now - self._held_seconds
        # A turn takes long, so only what was started last tells how soon the server answers.
        if not self._is_near and self._last_started in ready:
            self._is_near = now - self._turn_ended < GROWTH_PAUSE_SECONDS
        self._last_started = None
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
                self._answered(connection, connection.answer)

    def _room_for_more(self) -> int:
        room = self._in_flight.room_for_handshakes
        if self._is_near:
            room = min(room, ENOUGH_FOR_NEAR - self._in_flight.count_heard)
        return room

    def _gather_seconds(self) -> float:
        if self._is_near or self._lacks_connections or len(self._in_flight) < ENOUGH_TO_GATHER:
            return 0.0
        return GATHER_SECONDS

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

    def _answered(self, connection: Connection, answer: Answer) -> None:
        exchange = self._in_flight.answered(connection)
        attempts = exchange.attempts
        outcome = Outcome.of_answer(exchange.connection_id, answer, attempts)
        if attempts == 1:
            self._answers_of_turn += 1
            self._refusals_of_turn += outcome.kind is OutcomeKind.THROTTLED
        # The policy would let it pass as well, but nearly every recipient is spared the question.
        if outcome.kind is OutcomeKind.SENT:
            self._finished.append(outcome)
        else:
            exchange.answer = answer
            if not self._put_off(exchange):
                self._finished.append(outcome)
        if not connection.is_reusable:
            self._in_flight.remove(connection)
            connection.close()
            return
        following = None if self._must_wait() else self._audience.take(self._now)
        if following is not None and not following.needs_fresh_connection:
            self._in_flight.hand_on(connection, following)
            self._start(connection, following)
            return
        if following is not None:
            self._audience.put_first(following)
        self._in_flight.remove(connection)
        self._pool.give_back(connection)

    def _end_turn(self) -> None:
        if self._answers_of_turn:
            self._pace.answered(
                self._now, answers=self._answers_of_turn, throttled=self._refusals_of_turn
            )
            self._answers_of_turn = self._refusals_of_turn = 0
        self._has_renewed = False

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
        """Put an exchange off for another attempt, or end it; true when that was the end."""
        exchange.answer = None
        exchange.reason = reason
        is_final = not self._put_off(exchange)
        if is_final:
            self._finish(exchange)
        return is_final

    def _put_off(self, exchange: Exchange) -> bool:
        """Let an exchange wait for another attempt; false when it has had its last."""
        wait = self._policy.wait_seconds(
            attempts=exchange.attempts,
            status=exchange.answer.status if exchange.answer else None,
            remaining_seconds=self._ends - self._now,
            random=self._random,
        )
        if wait is not None:
            self._audience.put_off(exchange, self._now + wait)
        return wait is not None

    def _finish(self, exchange: Exchange) -> None:
        """End an exchange with what is known of its last attempt."""
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
