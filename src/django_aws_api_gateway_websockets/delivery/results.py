"""Results of the attempts of one call: an outcome for the caller, or another attempt later."""

from collections.abc import Callable
from typing import Final

from ..core.retry import RetryPolicy
from .call_time import CallTime
from .exchange_queue import Exchange, ExchangeQueue
from .http1.response import Response
from .outcome import Outcome, OutcomeKind

__all__ = ["Results"]

OK: Final = 200


class Results:
    """Collects outcomes, and puts off the exchanges that get another attempt.

    Args:
        queue: takes exchanges that are put off.
        policy: decides on another attempt.
        time: time of the call.
        random: gives a number from 0 up to 1, for the jitter of waits.
    """

    __slots__ = (
        "_policy",
        "_queue",
        "_random",
        "_time",
        "finished",
        "first_responses",
        "refusals",
        "responses",
    )

    def __init__(
        self,
        queue: ExchangeQueue,
        policy: RetryPolicy,
        *,
        time: CallTime,
        random: Callable[[], float],
    ) -> None:
        self._queue = queue
        self._policy = policy
        self._time = time
        self._random = random
        self.finished: list[Outcome] = []
        """Outcomes that the caller has not been given yet."""
        self.start_turn()

    def start_turn(self) -> None:
        """Count from 0 again."""
        self.responses = 0
        """Responses of this turn."""
        self.first_responses = 0
        """Responses of this turn to first attempts."""
        self.refusals = 0
        """First attempts that were throttled in this turn."""

    def take(self) -> list[Outcome]:
        """Return the outcomes so far, and forget them."""
        finished, self.finished = self.finished, []
        return finished

    def take_response(self, exchange: Exchange, response: Response) -> None:
        """End an exchange with a response, or put it off."""
        attempts = exchange.attempts
        self.responses += 1
        if response.status == OK and attempts == 1:
            # Nearly every recipient is spared the questions below.
            outcome = Outcome(exchange.connection_id, OutcomeKind.SENT, 1, response)
            self.finished.append(outcome)
            self.first_responses += 1
            return
        outcome = Outcome.of_response(exchange.connection_id, response, attempts)
        if attempts == 1:
            self.first_responses += 1
            self.refusals += outcome.kind is OutcomeKind.THROTTLED
        exchange.response = response
        if not self._schedule_retry(exchange):
            self.finished.append(outcome)

    def take_failure(self, exchange: Exchange, reason: str) -> bool:
        """Put an exchange without response off, or end it; true when that was the end."""
        exchange.response = None
        exchange.reason = reason
        is_final = not self._schedule_retry(exchange)
        if is_final:
            self.fail(exchange, reason)
        return is_final

    def fail(self, exchange: Exchange, reason: str) -> None:
        """End an exchange with the facts of its last attempt, or for this reason if it had none."""
        response = exchange.response
        if response is not None:
            outcome = Outcome.of_response(exchange.connection_id, response, exchange.attempts)
        else:
            outcome = Outcome(
                exchange.connection_id,
                OutcomeKind.FAILED,
                exchange.attempts,
                reason=exchange.reason or reason,
            )
        self.finished.append(outcome)

    def _schedule_retry(self, exchange: Exchange) -> bool:
        """Let an exchange wait for another attempt; false when it has had its last."""
        now = self._time.now
        wait = self._policy.wait_seconds(
            attempts=exchange.attempts,
            status=exchange.response.status if exchange.response else None,
            remaining_seconds=self._time.ends - now,
            random=self._random,
        )
        if wait is not None:
            self._queue.put_off(exchange, now + wait)
        return wait is not None
