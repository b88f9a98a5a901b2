"""Sends one request to each of many connections, from one thread and without blocking on any.

Each turn of the loop gives recipients to free connections, sleeps until sockets are ready, and
advances those. Recipients are pulled from their iterator only when a connection can take one, and
outcomes are handed over as they come, so memory does not grow with the audience.

What happens for every recipient is kept to few calls; what a turn can do for all of its recipients
together, it does once.
"""

from collections.abc import Callable, Iterator
from typing import Final

from ..core.pacing import Pace
from ..core.retry import RetryPolicy, may_resend_at_once
from .audience import Audience
from .exchange import Exchange, Timeouts
from .growth import GROWTH_PAUSE_SECONDS, Growth
from .http1.connection import BrokenConnectionError, Connection
from .http1.destination import Destination
from .http1.pool import Pool
from .http1.request_writer import RequestWriter
from .http1.response import Answer
from .in_flight import Batch, InFlight
from .outcome import Outcome, OutcomeKind

__all__ = ["Broadcast"]

TURN_SECONDS: Final = 0.25
"""Longest sleep, so that deadlines are looked at."""

OK: Final = 200

MAX_BURST: Final = 32
"""Requests that are written down before the first of them is sent."""

MAX_FINISHED: Final = 256
"""Outcomes that may gather before the caller gets them."""


class Broadcast:
    """One call's worth of requests.

    Args:
        max_in_flight: requests under way at once, each on its own connection.
        max_silent: more of them that may wait for an answer which is late (see `InFlight`).
        max_at_once: requests a connection may carry together, where the server takes several.
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
        max_at_once: int,
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
        self._most_at_once = min(max_at_once, max_in_flight)
        self._growth = Growth(
            self._in_flight,
            resting=pool.count_idle(destination),
            at_once=min(self._most_at_once, pool.takes_at_once(destination)),
        )
        self._has_connected = False
        self._answers_of_turn = self._first_answers_of_turn = self._refusals_of_turn = 0
        self._begun: list[tuple[Connection, Batch]] = []
        self._given_up = ""
        # The broadcast's own time stands still while the caller holds an outcome: an answer that
        # lies in a socket meanwhile is not late.
        self._held_seconds = 0.0
        self._now = self._turn_ended = clock()
        self._pace = Pace(self._now, per_second)
        self._is_paced = per_second is not None
        total = timeouts.total_seconds
        self._ends = float("inf") if total is None else self._now + total

    def outcomes(self) -> Iterator[Outcome]:
        """The outcome of each connection id, in the order they become known."""
        try:
            while len(self._in_flight) or self._audience.has_more:
                self._give_work()
                self._set_out()
                self._advance()
                self._set_out()
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
        self._growth.lacks_connections = False
        while self._in_flight.room > 0 and len(self._finished) < MAX_FINISHED:
            if self._must_wait() and not self._given_up:
                return
            exchange = self._audience.take(float("inf") if self._given_up else self._now)
            if exchange is None:
                return
            if self._given_up:
                self._finish(exchange)
            elif not self._found_connection(exchange):
                self._audience.put_first(exchange)
                self._growth.lacks_connections = True
                return

    def _found_connection(self, exchange: Exchange) -> bool:
        connection = None
        if not exchange.needs_fresh_connection:
            connection = self._pool.borrow(self._destination)
        if connection is not None:
            batch = self._batch_with(exchange, most=self._in_flight.room)
            self._in_flight.add(connection, batch)
            self._begin(connection, batch)
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

    def _batch_with(self, first: Exchange, *, most: int) -> Batch:
        """A recipient together with those whose requests the server reads along with his."""
        # A rate is kept request by request.
        most = 1 if self._is_paced else min(most, self._growth.at_once)
        batch = [first, *self._audience.take_new(most - 1)]
        while len(batch) < most:
            following = self._audience.take(self._now)
            if following is None:
                break
            if following.needs_fresh_connection:
                self._audience.put_first(following)
                break
            batch.append(following)
        return batch

    def _must_wait(self) -> bool:
        return self._is_paced and self._pace.wait_seconds(self._now) > 0

    def _begin(self, connection: Connection, batch: Batch) -> None:
        """Take note of an attempt, which sets out with the others of this turn."""
        for exchange in batch:
            exchange.attempts += 1
        if self._is_paced:
            self._pace.begin()
        connection.deadline = self._now + self._read_seconds
        self._growth.last_started = connection
        self._begun.append((connection, batch))

    def _set_out(self) -> None:
        """Send what has been begun, in bursts: to wake the server costs half as much as a post."""
        if not self._begun:
            return
        self._writer.renew()
        begun, self._begun = self._begun, []
        for first in range(0, len(begun), MAX_BURST):
            self._send(begun[first : first + MAX_BURST])

    def _send(self, burst: list[tuple[Connection, Batch]]) -> None:
        requests = [self._requests(batch) for _, batch in burst]
        for (connection, batch), request in zip(burst, requests, strict=True):
            try:
                connection.start(request, answers=len(batch))
            except BrokenConnectionError as error:
                self._broken(connection, str(error))
            else:
                if connection.wants != connection.watched:
                    self._in_flight.watch(connection)

    def _requests(self, batch: Batch) -> bytes:
        request = self._writer.request
        if len(batch) == 1:
            return request(batch[0].connection_id)
        return b"".join([request(exchange.connection_id) for exchange in batch])

    def _advance(self) -> None:
        ready = self._in_flight.ready(
            self._sleep_seconds(), gather_seconds=self._growth.gather_seconds
        )
        now = self._clock()
        self._now = now - self._held_seconds
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
            elif answers := connection.answers:
                self._answered(connection, answers)
            else:
                self._begin(connection, self._in_flight.established(connection))

    def _sleep_seconds(self) -> float:
        if self._finished or self._given_up:
            return 0.0
        if self._growth.lacks_connections:
            return GROWTH_PAUSE_SECONDS
        until = min(self._audience.next_due, self._ends, self._now + TURN_SECONDS)
        wait = self._pace.wait_seconds(self._now)
        if wait and self._audience.has_more:
            until = min(until, self._now + wait)
        return max(0.0, until - self._now)

    def _answered(self, connection: Connection, answers: list[Answer]) -> None:
        self._has_connected = True
        batch = self._in_flight.batch_of(connection)
        for exchange, answer in zip(batch, answers, strict=True):
            self._settle(exchange, answer)
        if len(batch) > 1 or not connection.is_reused:
            self._learn(answers[0])
        if not connection.is_reusable:
            self._in_flight.remove(connection)
            connection.close()
            return
        following = None if self._must_wait() else self._audience.take(self._now)
        if following is not None and not following.needs_fresh_connection:
            if self._growth.at_once > 1:
                batch = self._batch_with(following, most=self._in_flight.room + len(batch))
            else:
                batch = [following]
            self._in_flight.hand_on(connection, batch)
            self._begin(connection, batch)
            return
        if following is not None:
            self._audience.put_first(following)
        self._in_flight.remove(connection)
        self._pool.give_back(connection)

    def _learn(self, answer: Answer) -> None:
        """See from an answer how many requests the server takes at once."""
        at_once = self._pool.learn_at_once(self._destination, answer)
        self._growth.at_once = min(self._most_at_once, at_once)

    def _settle(self, exchange: Exchange, answer: Answer) -> None:
        attempts = exchange.attempts
        self._answers_of_turn += 1
        if answer.status == OK and attempts == 1:
            # Nearly every recipient is spared the questions below.
            outcome = Outcome(exchange.connection_id, OutcomeKind.SENT, 1, answer)
            self._finished.append(outcome)
            self._first_answers_of_turn += 1
            return
        outcome = Outcome.of_answer(exchange.connection_id, answer, attempts)
        if attempts == 1:
            self._first_answers_of_turn += 1
            self._refusals_of_turn += outcome.kind is OutcomeKind.THROTTLED
        exchange.answer = answer
        if not self._put_off(exchange):
            self._finished.append(outcome)

    def _end_turn(self) -> None:
        if self._answers_of_turn:
            self._in_flight.answered(self._answers_of_turn)
            self._pace.answered(
                self._now, answers=self._first_answers_of_turn, throttled=self._refusals_of_turn
            )
            self._is_paced = self._pace.per_second is not None
            self._answers_of_turn = self._first_answers_of_turn = self._refusals_of_turn = 0

    def _broken(self, connection: Connection, reason: str) -> None:
        batch = self._without_answer(connection)
        if not connection.is_established:
            if self._pool.avoid(connection):
                self._send_again_at_once(batch)
            else:
                self._not_connected(*batch, reason=reason)
        elif may_resend_at_once(reused=connection.is_reused, answer_begun=connection.answer_begun):
            for exchange in batch:
                exchange.attempts -= 1
            self._send_again_at_once(batch)
        else:
            for exchange in batch:
                self._settle_without_answer(exchange, reason)

    def _without_answer(self, connection: Connection) -> Batch:
        """Close a connection that fails; gives those of its batch who had no answer."""
        batch, answers = self._in_flight.remove(connection), connection.answers
        connection.close()
        for exchange, answer in zip(batch, answers, strict=False):
            self._settle(exchange, answer)
        return batch[len(answers) :]

    def _end_overdue(self) -> None:
        if self._now >= self._ends:
            self._give_up(
                f"the {self._timeouts.total_seconds:g} seconds for the whole call are over"
            )
        for connection in self._in_flight.overdue(self._now):
            if self._given_up:
                return
            batch = self._without_answer(connection)
            if connection.is_established:
                reason = f"no answer within {self._timeouts.read_seconds:g} seconds"
                for exchange in batch:
                    # Whoever is late already makes up for the connection, not the next in turn.
                    exchange.needs_fresh_connection = exchange is batch[0]
                    self._settle_without_answer(exchange, reason)
            else:
                self._pool.avoid(connection)
                reason = f"no connection within {self._timeouts.connect_seconds:g} seconds"
                self._not_connected(*batch, reason=reason)

    def _send_again_at_once(self, batch: Batch) -> None:
        for exchange in reversed(batch):
            exchange.needs_fresh_connection = True
            self._audience.put_first(exchange)

    def _not_connected(self, exchange: Exchange, *, reason: str) -> None:
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
        self._begun.clear()
        for connection in self._in_flight:
            for exchange in self._without_answer(connection):
                exchange.reason = exchange.reason or reason
                self._finish(exchange)
