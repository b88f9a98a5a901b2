"""Posts to sockets in memory, with the responses that API Gateway would give."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

from botocore.exceptions import ClientError

from ...core.retry import THROTTLED, RetryPolicy, is_passing
from ...delivery.boto3_response import Boto3Response
from ...delivery.http1.response import Response
from ...delivery.outcome import Outcome
from .sent import Sent
from .sockets import GONE, OK

__all__ = ["MemoryTransport"]

_DELETED: Final = 204
_NAMES: Final = {OK: "OK", _DELETED: "No Content", GONE: "Gone", THROTTLED: "Too Many Requests"}
_ERRORS: Final = {GONE: "GoneException", THROTTLED: "LimitExceededException"}


class MemoryTransport:
    """Reaches the sockets of one stage; nothing here waits.

    Args:
        take: gives a text to the socket of an id, and returns the status.
        close: closes the socket of an id, and returns the status.
        look: returns the status of asking after an id.
        keep: puts a message into the outbox.
        retries: how often a post is repeated that is refused for now.
    """

    boto3_response: Callable[[Outcome], dict[str, Any]] = Boto3Response

    def __init__(
        self,
        *,
        take: Callable[[str, str], int],
        close: Callable[[str], int],
        look: Callable[[str], int],
        keep: Callable[[Sent], object],
        retries: RetryPolicy,
    ) -> None:
        self._take = take
        self._close = close
        self._look = look
        self._keep = keep
        self._most_attempts = retries.max_attempts

    def post(self, connection_id: str, text: str) -> Outcome:
        """Post a message to one connection."""
        [outcome] = self.post_many([connection_id], text)
        return outcome

    def post_many(
        self,
        connection_ids: Iterable[str],
        text: str,
        *,
        max_in_flight: int | None = None,
        per_second: float | None = None,
    ) -> Iterator[Outcome]:
        """Post a message to many connections, however many may be under way or begin in a second.

        It is one message in the outbox.
        """
        sent = Sent(text)
        for connection_id in connection_ids:
            if not sent.outcomes:
                self._keep(sent)
            outcome = self._post(connection_id, text)
            sent.outcomes[connection_id] = outcome.kind
            yield outcome

    def close_many(self, connection_ids: Iterable[str]) -> Iterator[Outcome]:
        """Close connections."""
        for connection_id in connection_ids:
            yield _outcome(connection_id, self._close(connection_id))

    def get_many(self, connection_ids: Iterable[str], *, per_second: float) -> Iterator[Outcome]:
        """Ask after connections."""
        for connection_id in connection_ids:
            yield _outcome(connection_id, self._look(connection_id))

    def error(self, failed: Outcome) -> Exception:
        """Return the error boto3 would have raised."""
        error: Any = {"Error": {"Code": failed.error_code, "Message": failed.message}}
        return ClientError(error | Boto3Response(failed), "PostToConnection")

    def _post(self, connection_id: str, text: str) -> Outcome:
        attempts, status = 1, self._take(connection_id, text)
        # The engine would wait a while between two attempts; here time is the test's.
        while is_passing(status) and attempts < self._most_attempts:
            attempts, status = attempts + 1, self._take(connection_id, text)
        return _outcome(connection_id, status, attempts=attempts)


def _outcome(connection_id: str, status: int, *, attempts: int = 1) -> Outcome:
    named = f"x-amzn-ErrorType: {_ERRORS[status]}\r\n" if status in _ERRORS else ""
    head = f"HTTP/1.1 {status} {_NAMES[status]}\r\nContent-Length: 0\r\n{named}\r\n"
    response = Response(status, head.encode())
    return Outcome.of_response(connection_id, response, attempts)
