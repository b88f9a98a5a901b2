"""What a broadcast would cost, before anything is sent."""

from dataclasses import dataclass
from decimal import Decimal

from ...conf import get_broadcast_price, get_broadcast_rate
from ...core.errors import BroadcastBudgetError
from ...core.payload import metered_units
from ...delivery.sender import MAX_IN_FLIGHT

__all__ = ["BroadcastPlan", "check_budget", "plan_for"]

SECONDS_AN_ANSWER_TAKES = 0.02
"""A warm connection within AWS's region: 10 to 25 ms were seen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BroadcastPlan:
    """Whom a message would reach and what that takes."""

    sockets: int
    """Connected sessions."""
    users: int
    """Different users among them; anonymous sessions have none."""
    message_bytes: int
    """Size of the message, in bytes of UTF-8."""
    units: int
    """What AWS meters: 32 KB, or a part of that, of each message."""
    seconds: float
    """How long it takes at the rate it would be sent with."""
    cost: Decimal | None
    """Money by the project's price, or None where it has set none."""
    currency: str
    """What the money is in; empty without a price."""

    def __str__(self) -> str:
        price = "" if self.cost is None else f", {self.cost} {self.currency}"
        return (
            f"{self.sockets} sockets of {self.users} users, {self.units} units metered, "
            f"about {self.seconds:.1f} s{price}"
        )


def plan_for(
    *, sockets: int, users: int, message_bytes: int, per_second: float | None = None
) -> BroadcastPlan:
    """The plan for an audience of this size.

    Args:
        per_second: posts that may begin in a second; None takes the setting, and without one what
            256 connections do with AWS's usual answer time.
    """
    units = sockets * metered_units(message_bytes)
    rate = per_second or get_broadcast_rate() or MAX_IN_FLIGHT / SECONDS_AN_ANSWER_TAKES
    price = get_broadcast_price()
    return BroadcastPlan(
        sockets=sockets,
        users=users,
        message_bytes=message_bytes,
        units=units,
        seconds=sockets / rate,
        cost=None if price is None else units * price.per_million_units / 1_000_000,
        currency="" if price is None else price.currency,
    )


def check_budget(plan: BroadcastPlan, budget_units: int | None) -> None:
    """Refuse a broadcast above its budget.

    Raises:
        BroadcastBudgetError: it would take more units than that.
    """
    if budget_units is not None and plan.units > budget_units:
        raise BroadcastBudgetError(
            units=plan.units, budget_units=budget_units, sockets=plan.sockets
        )
