"""The outcome of a request to one connection."""

import json
from enum import Enum
from typing import Any, Final, NamedTuple, Self

from .http1.response import Response

__all__ = ["REQUEST_ID_HEADER", "Outcome", "OutcomeKind"]

REQUEST_ID_HEADER: Final = "x-amzn-requestid"


class OutcomeKind(Enum):
    """Kinds of outcome a sender acts upon."""

    SENT = "sent"
    """API Gateway took the message; it does not tell whether the client read it."""
    GONE = "gone"
    """API Gateway does not know the connection any more, which can be forgotten."""
    REFUSED = "refused"
    """This request will never be accepted: wrong id, credentials, rights or stage."""
    TOO_LARGE = "too large"
    """The message is larger than API Gateway takes."""
    THROTTLED = "throttled"
    """The account, or a client that reads slowly, had no room, however often it was asked."""
    FAILED = "failed"
    """There was no response, or only server errors; the message may have arrived."""

    # Each member exists once. Enum's own hash is a Python function that every recipient would pay.
    __hash__ = object.__hash__


SUCCESS: Final = range(200, 300)
FIRST_SERVER_ERROR: Final = 500

_KINDS: Final = {
    200: OutcomeKind.SENT,
    410: OutcomeKind.GONE,
    413: OutcomeKind.TOO_LARGE,
    429: OutcomeKind.THROTTLED,
}


class Outcome(NamedTuple):
    """The end of a request to one connection, after all attempts.

    A broadcast makes one of these for each recipient, and most are only counted. So the response is
    looked into when somebody asks, and this is a tuple, which is made three times as fast as a
    frozen dataclass.
    """

    connection_id: str
    kind: OutcomeKind
    attempts: int
    response: Response | None = None
    """Last response; `None` when there was none."""
    reason: str = ""
    """Reason for a failure without response, in the operating system's or a double's words."""
    given: Any = None
    """Value that a project's double returned, or the error it raised."""

    @classmethod
    def of_response(cls, connection_id: str, response: Response, attempts: int) -> Self:
        """Return the outcome a response means.

        The status decides alone: a 413 comes without error type, and the 410 without body.
        """
        return cls(connection_id, _kind(response.status), attempts, response)

    @property
    def status(self) -> int | None:
        """Status of the last response."""
        return self.response.status if self.response else None

    @property
    def headers(self) -> dict[str, str]:
        """Headers of the last response by lower-case name."""
        return self.response.headers if self.response else {}

    @property
    def request_id(self) -> str:
        """AWS's id of the request, empty where the response has none."""
        return self.headers.get(REQUEST_ID_HEADER, "")

    @property
    def error_code(self) -> str:
        """Name of the error, or the status where AWS gave none, as in boto3; empty on success."""
        if self.response is None or self.kind is OutcomeKind.SENT:
            return ""
        body = self._error_body()
        named = self.headers.get("x-amzn-errortype") or body.get("code") or body.get("__type")
        # AWS adds a namespace before `#` and a link after `:` in some services.
        return str(named or self.response.status).partition(":")[0].rpartition("#")[2]

    @property
    def cause(self) -> str:
        """Name of the error, or the reason without response; empty on success."""
        return self.error_code or self.reason

    @property
    def message(self) -> str:
        """Text of the error by AWS or the operating system; may be empty."""
        if self.response is None or self.kind is OutcomeKind.SENT:
            return self.reason
        body = self._error_body()
        # IAM's refusals spell it with a capital.
        return str(body.get("message") or body.get("Message") or "")

    def _error_body(self) -> dict[str, object]:
        try:
            parsed = json.loads(self.response.body) if self.response else None
        except ValueError:
            return {}
        return parsed if isinstance(parsed, dict) else {}


def _kind(status: int) -> OutcomeKind:
    kind = _KINDS.get(status)
    if kind is not None:
        return kind
    if status in SUCCESS:
        return OutcomeKind.SENT
    if status >= FIRST_SERVER_ERROR:
        return OutcomeKind.FAILED
    # A redirect is never followed: the signature holds for one host and path only.
    return OutcomeKind.REFUSED
