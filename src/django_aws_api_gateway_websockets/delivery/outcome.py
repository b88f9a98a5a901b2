"""What became of a request to one connection."""

import json
from enum import Enum
from typing import Final, NamedTuple, Self

from .http1.response import Answer

__all__ = ["REQUEST_ID_HEADER", "Outcome", "OutcomeKind"]

REQUEST_ID_HEADER: Final = "x-amzn-requestid"


class OutcomeKind(Enum):
    """What a sender does about it."""

    SENT = "sent"
    """API Gateway took it; whether the client read it nobody knows."""
    GONE = "gone"
    """The connection is closed for good and can be forgotten."""
    REFUSED = "refused"
    """This request will never be accepted: wrong id, credentials, rights or stage."""
    TOO_LARGE = "too large"
    """The message is larger than API Gateway takes."""
    THROTTLED = "throttled"
    """The account, or a client that reads slowly, had no room, however often it was asked."""
    FAILED = "failed"
    """No answer, or only server errors; the message may have arrived."""

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

    Everything about the answer is worked out when it is asked for, because a broadcast makes one
    of these for each recipient and most are only counted; hence also a tuple, which is made three
    times as fast as a frozen dataclass.
    """

    connection_id: str
    kind: OutcomeKind
    attempts: int
    answer: Answer | None = None
    """The last answer; `None` when there was none."""
    reason: str = ""
    """Why there was no answer, in words of the operating system; empty when there was one."""

    @classmethod
    def of_answer(cls, connection_id: str, answer: Answer, attempts: int) -> Self:
        """What an answer means.

        The status decides alone: a 413 comes without error type, and the 410 without body.
        """
        return cls(connection_id, _kind(answer.status), attempts, answer)

    @property
    def status(self) -> int | None:
        """Status of the last answer."""
        return self.answer.status if self.answer else None

    @property
    def headers(self) -> dict[str, str]:
        """Headers of the last answer by lower-case name."""
        return self.answer.headers if self.answer else {}

    @property
    def request_id(self) -> str:
        """AWS's id of the request, empty where the answer has none."""
        return self.headers.get(REQUEST_ID_HEADER, "")

    @property
    def error_code(self) -> str:
        """The error's name, or the status where AWS gave none, as in boto3; empty on success."""
        if self.answer is None or self.kind is OutcomeKind.SENT:
            return ""
        body = self._error_body()
        named = self.headers.get("x-amzn-errortype") or body.get("code") or body.get("__type")
        # AWS adds a namespace before `#` and a link after `:` in some services.
        return str(named or self.answer.status).partition(":")[0].rpartition("#")[2]

    @property
    def message(self) -> str:
        """AWS's words on the error, or the operating system's; may be empty."""
        if self.answer is None or self.kind is OutcomeKind.SENT:
            return self.reason
        body = self._error_body()
        # IAM's refusals spell it with a capital.
        return str(body.get("message") or body.get("Message") or "")

    def _error_body(self) -> dict[str, object]:
        try:
            parsed = json.loads(self.answer.body) if self.answer else None
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
