"""The requests of one turn, sent in bursts: to wake the server for each costs half a post."""

from typing import Final

from .call_time import CallTime
from .exchange_queue import Exchange
from .http1.connection import BrokenConnectionError, Connection
from .http1.request_writer import RequestWriter
from .in_flight import InFlight

__all__ = ["Bursts"]

MAX_BURST: Final = 32
"""Requests that are written down before the first of them is sent."""


class Bursts:
    """Collects the requests that are to be sent in this turn, and sends them together.

    Args:
        writer: writes a request to each connection id.
        in_flight: waits for the responses.
        time: time of the call.
        read_seconds: seconds from the start of a request to its deadline.
    """

    __slots__ = ("_in_flight", "_read_seconds", "_time", "_writer", "waiting")

    def __init__(
        self, writer: RequestWriter, in_flight: InFlight, *, time: CallTime, read_seconds: float
    ) -> None:
        self._writer = writer
        self._in_flight = in_flight
        self._time = time
        self._read_seconds = read_seconds
        self.waiting: list[tuple[Connection, list[Exchange]]] = []
        """Connections with the exchanges whose requests wait to be sent; the caller adds them."""

    def send(self) -> list[tuple[Connection, str]]:
        """Send what waits; return the connections that are closed, with the reason of each."""
        self._writer.renew()
        waiting, self.waiting = self.waiting, []
        broken: list[tuple[Connection, str]] = []
        for first in range(0, len(waiting), MAX_BURST):
            self._send(waiting[first : first + MAX_BURST], broken)
        return broken

    def _send(
        self,
        burst: list[tuple[Connection, list[Exchange]]],
        broken: list[tuple[Connection, str]],
    ) -> None:
        deadline = self._time.now + self._read_seconds
        requests = [self._requests(exchanges) for _, exchanges in burst]
        for (connection, exchanges), request in zip(burst, requests, strict=True):
            connection.deadline = deadline
            try:
                connection.start(request, responses=len(exchanges))
            except BrokenConnectionError as error:
                broken.append((connection, str(error)))
            else:
                if connection.wants != connection.watched:
                    self._in_flight.watch(connection)

    def _requests(self, exchanges: list[Exchange]) -> bytes:
        request = self._writer.request
        if len(exchanges) == 1:
            return request(exchanges[0].connection_id)
        return b"".join([request(exchange.connection_id) for exchange in exchanges])
