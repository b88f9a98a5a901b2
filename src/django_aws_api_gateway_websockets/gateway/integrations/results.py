"""Results of calling an integration, for the journal."""

from ...core.events.response import BackendResponse
from ..journal.entries import IntegrationResult
from .backends import BackendError
from .caller import MisconfiguredError

__all__ = ["result_of", "result_without_response"]


def result_of(response: BackendResponse, latency_ms: int) -> IntegrationResult:
    """Return the result of a call that was answered."""
    named = (value for name, value in response.headers if name.lower() == "x-amzn-requestid")
    return IntegrationResult(response.status, latency_ms, request_id=next(named, None))


def result_without_response(error: BackendError, latency_ms: int) -> IntegrationResult:
    """Return the result of a call without a usable response."""
    is_misconfigured = isinstance(error, MisconfiguredError)
    return IntegrationResult(None, latency_ms, str(error), is_misconfigured=is_misconfigured)
