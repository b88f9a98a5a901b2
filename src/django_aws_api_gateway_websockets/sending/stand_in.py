"""The place where the testing kit takes over what leaves, while a test runs; empty otherwise."""

from typing import Any, Protocol

from ..core.retry import RetryPolicy
from .messages import Recipient

__all__ = ["StandIn", "find_stand_in", "put_stand_in"]


class StandIn(Protocol):
    """Takes the place of API Gateway, and of the workers of queued broadcasts."""

    def transport(self, stage: Recipient, retries: RetryPolicy | None) -> Any:
        """Return the transport for a stage; it is a `Transport`.

        Args:
            stage: a recipient without connection.
            retries: how often a post is repeated; None takes the engine's default.
        """

    def start(self, broadcast_id: str, *, tasks: int) -> None:
        """Deliver a queued broadcast, which this number of workers would deliver."""


_present: StandIn | None = None


def find_stand_in() -> StandIn | None:
    """Return what stands in for API Gateway; None outside of a test that uses the kit."""
    return _present


def put_stand_in(stand_in: StandIn | None) -> None:
    """Let something stand in for API Gateway; None takes it away."""
    global _present  # noqa: PLW0603 - there is one API Gateway to stand in for.
    _present = stand_in
