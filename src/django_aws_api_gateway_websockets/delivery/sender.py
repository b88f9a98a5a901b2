"""The entry to this folder: send a body to one connection, or to very many."""

import atexit
import random
import time
from collections.abc import Iterable, Iterator
from typing import Final

from ..core.retry import RetryPolicy
from .endpoint import Endpoint
from .exchange_queue import ExchangeQueue
from .fan_out import FanOut, Timeouts
from .http1.destination import Destination
from .http1.pool import Pool
from .http1.request_writer import CredentialsProvider, RequestWriter
from .in_flight import InFlight
from .outcome import Outcome
from .posts_at_once import PostsAtOnce

__all__ = ["MAX_IN_FLIGHT", "Sender"]

MAX_IN_FLIGHT: Final = 256
"""Requests under way at once; at 20 ms for each they reach AWS's 10,000 requests a second."""

MAX_SILENT: Final = 512
"""Further requests that may wait for a late response; with the others they take three quarters of
the files most systems let a process open."""

_shared_pool: Final = Pool()
atexit.register(_shared_pool.close)


class Sender:
    """Sends to the connections of one endpoint; safe to share between threads, and cheap to make.

    Works in the caller's thread, with neither thread nor event loop of its own. From async code
    call it through `asyncio.to_thread`.

    A failure of one recipient is an `Outcome`, never an exception.

    Raises (when outcomes are asked for):
        MissingCredentialsError: there are none to sign with.
        EndpointError: the certificates or the proxy cannot be used.

    Args:
        pool: keeps connections from call to call; `None` shares them within the process.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        credentials: CredentialsProvider,
        *,
        timeouts: Timeouts | None = None,
        retries: RetryPolicy | None = None,
        pool: Pool | None = None,
    ) -> None:
        self.endpoint = endpoint
        self._credentials = credentials
        self._timeouts = timeouts or Timeouts()
        self._retries = retries or RetryPolicy()
        self._pool = pool or _shared_pool

    def post(self, connection_id: str, body: bytes) -> Outcome:
        """Send a body to one connection."""
        [outcome] = self._request("POST", [connection_id], body, max_in_flight=1)
        return outcome

    def post_many(
        self,
        connection_ids: Iterable[str],
        body: bytes,
        *,
        max_in_flight: int | None = None,
        per_second: float | None = None,
    ) -> Iterator[Outcome]:
        """Send one body to many connections, as the outcomes are asked for.

        Ids are pulled as connections become free and outcomes come in the order they are known, so
        memory stays flat for any number. Nothing is sent before the first outcome is asked for;
        stop asking, and what is under way is abandoned.

        Args:
            max_in_flight: requests that may be under way at once, each on its own connection; 1
                keeps the order of the ids; `None` means 256, and up to 512 more whose response is
                late.
            per_second: requests that may begin in a second; `None` sets no limit. Fewer begin while
                most are throttled, because the account as a whole is throttled then.
        """
        if max_in_flight is not None and max_in_flight < 1:
            raise ValueError(f"max_in_flight is {max_in_flight} and must be 1 at least: raise it.")
        if per_second is not None and per_second <= 0:
            raise ValueError(f"per_second is {per_second:g} and must be above 0: raise it.")
        return self._request(
            "POST", connection_ids, body, max_in_flight=max_in_flight, per_second=per_second
        )

    def delete_many(self, connection_ids: Iterable[str]) -> Iterator[Outcome]:
        """Close many connections, as the outcomes are asked for; each client sees close code 1000.

        Ids are pulled and outcomes come as with `post_many`.
        """
        return self._request("DELETE", connection_ids, b"")

    def get_many(
        self, connection_ids: Iterable[str], *, per_second: float | None = None
    ) -> Iterator[Outcome]:
        """Ask after many connections, as the outcomes are asked for; GONE for those that are gone.

        Ids are pulled and outcomes come as with `post_many`.
        """
        return self._request("GET", connection_ids, b"", per_second=per_second)

    def _request(
        self,
        method: str,
        connection_ids: Iterable[str],
        body: bytes,
        *,
        max_in_flight: int | None = None,
        per_second: float | None = None,
    ) -> Iterator[Outcome]:
        destination = Destination.of(self.endpoint)
        # A tunnel carries requests as a direct connection does; otherwise the proxy forwards them.
        proxy = None if destination.tunnel else destination.proxy
        most = max_in_flight or MAX_IN_FLIGHT
        yield from FanOut(
            ExchangeQueue(iter(connection_ids)),
            RequestWriter(self.endpoint, self._credentials, method=method, body=body, proxy=proxy),
            InFlight(
                places=most,
                # A number that a caller gives counts all requests, the silent ones included.
                silent_places=MAX_SILENT if max_in_flight is None else 0,
                read_seconds=self._timeouts.read_seconds,
            ),
            destination=destination,
            pool=self._pool,
            policy=self._retries,
            timeouts=self._timeouts,
            posts_at_once=PostsAtOnce(self._pool, destination, body_bytes=len(body), most=most),
            per_second=per_second,
            clock=time.monotonic,
            random=random.random,
        ).outcomes()
