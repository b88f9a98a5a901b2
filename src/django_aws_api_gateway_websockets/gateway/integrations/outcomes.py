"""What came of calling an integration, for the journal."""

from ...core.events.response import BackendAnswer
from ..journal.journal import Outcome
from .backends import BackendError
from .integrations import MisconfiguredError

__all__ = ["outcome_of", "outcome_without_answer"]


def outcome_of(answer: BackendAnswer, latency_ms: int) -> Outcome:
    """The outcome of a call that was answered."""
    named = (value for name, value in answer.headers if name.lower() == "x-amzn-requestid")
    return Outcome(answer.status, latency_ms, request_id=next(named, None))


def outcome_without_answer(error: BackendError, latency_ms: int) -> Outcome:
    """The outcome of a call without a usable answer."""
    is_misconfigured = isinstance(error, MisconfiguredError)
    return Outcome(None, latency_ms, str(error), is_misconfigured=is_misconfigured)
