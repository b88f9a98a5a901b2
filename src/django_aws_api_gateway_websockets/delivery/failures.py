"""Connections that fail or are too late: what becomes of the exchanges they carried."""

from ..core.retry import may_resend_at_once
from .call_time import CallTime
from .exchange_queue import Exchange, ExchangeQueue
from .http1.connection import Connection
from .http1.pool import Pool
from .in_flight import InFlight
from .results import Results
from .timeouts import Timeouts

__all__ = ["Failures"]


class Failures:
    """Closes the connections of one call that fail, and serves their exchanges in another way.

    An exchange is sent again at once, put off, or ended. All are given up when nothing responds at
    the destination, or when the time for the whole call is over.

    Args:
        queue: takes exchanges that are sent again at once.
        in_flight: has the connections.
        results: puts exchanges off, or ends them.
        pool: is told of addresses that take no connection.
        timeouts: the limits, for the reasons.
        time: time of the call.
    """

    __slots__ = (
        "_in_flight",
        "_pool",
        "_queue",
        "_results",
        "_time",
        "_timeouts",
        "given_up",
        "has_responded",
    )

    def __init__(
        self,
        queue: ExchangeQueue,
        in_flight: InFlight,
        results: Results,
        *,
        pool: Pool,
        timeouts: Timeouts,
        time: CallTime,
    ) -> None:
        self._queue = queue
        self._in_flight = in_flight
        self._results = results
        self._pool = pool
        self._timeouts = timeouts
        self._time = time
        self.given_up = ""
        """The reason why nothing more begins; "" while the call goes on."""
        self.has_responded = False
        """True once the destination has responded; the caller sets it."""

    def broken(self, connection: Connection, reason: str) -> None:
        """Deal with a connection that cannot go on."""
        unanswered = self._close(connection)
        reused, begun = connection.is_reused, connection.response_begun
        if not connection.is_established:
            if self._pool.avoid(connection):
                self._send_again_at_once(unanswered)
            else:
                # A connection is opened for one exchange.
                self.not_connected(unanswered[0], reason=reason)
        elif may_resend_at_once(reused=reused, response_begun=begun):
            for exchange in unanswered:
                exchange.attempts -= 1
            self._send_again_at_once(unanswered)
        else:
            for exchange in unanswered:
                self._results.take_failure(exchange, reason)

    def end_overdue(self) -> None:
        """Deal with the connections that are too late, and with the end of the whole call."""
        now = self._time.now
        if now >= self._time.ends:
            self._give_up(
                f"the {self._timeouts.total_seconds:g} seconds for the whole call are over"
            )
        for connection in self._in_flight.overdue(now):
            if self.given_up:
                return
            unanswered = self._close(connection)
            if connection.is_established:
                reason = f"no answer within {self._timeouts.read_seconds:g} seconds"
                for exchange in unanswered:
                    # The one that is late already replaces the connection, not the next in turn.
                    exchange.needs_fresh_connection = exchange is unanswered[0]
                    self._results.take_failure(exchange, reason)
            else:
                self._pool.avoid(connection)
                reason = f"no connection within {self._timeouts.connect_seconds:g} seconds"
                self.not_connected(unanswered[0], reason=reason)

    def not_connected(self, exchange: Exchange, *, reason: str) -> None:
        """Count the attempt of an exchange for which no connection came about."""
        exchange.attempts += 1
        is_final = self._results.take_failure(exchange, reason)
        if is_final and not self.has_responded:
            # Nothing responds there at all, so the others are spared their timeouts.
            self._give_up(reason)

    def _close(self, connection: Connection) -> list[Exchange]:
        """Close a connection; return its exchanges without response."""
        exchanges, responses = self._in_flight.remove(connection), connection.responses
        connection.close()
        for exchange, response in zip(exchanges, responses, strict=False):
            self._results.take_response(exchange, response)
        return exchanges[len(responses) :]

    def _send_again_at_once(self, exchanges: list[Exchange]) -> None:
        for exchange in reversed(exchanges):
            exchange.needs_fresh_connection = True
            self._queue.put_first(exchange)

    def _give_up(self, reason: str) -> None:
        """Begin nothing more: all who are left fail for this reason."""
        self.given_up = reason
        for connection in self._in_flight:
            for exchange in self._close(connection):
                self._results.fail(exchange, reason)
