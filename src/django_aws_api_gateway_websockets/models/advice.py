"""The advice that clients of the wire protocol get before they are closed.

API Gateway has one close code for every closing of ours, so that the advice has to come before.
"""

from collections.abc import Sequence
from typing import Any, Final, Literal

from django.db.models import QuerySet

from ..core.wire_protocol import advice_frame
from ..sending.closing import Advice
from .disconnection import closed_together

__all__ = ["SESSION_ENDED", "advice_for"]

SESSION_ENDED: Final = "session ended"
"""The reason, unless a project gives another."""


def advice_for(
    sessions: QuerySet[Any],
    connection_ids: Sequence[str],
    reason: str,
    reconnect: float | Literal[False],
) -> Advice | None:
    """Return the advice for those connections that speak the protocol; None if none does.

    Args:
        sessions: all there are.
        connection_ids: of those that are closed.
        reason: in words.
        reconnect: False, or seconds after which to come back.
    """
    speaking: list[str] = []
    for together in closed_together(connection_ids):
        found = sessions.filter(connection_id__in=together).exclude(client_id="")
        speaking += found.values_list("connection_id", flat=True)
    if not speaking:
        return None
    return Advice(frozenset(speaking), advice_frame(reason, reconnect=reconnect))
