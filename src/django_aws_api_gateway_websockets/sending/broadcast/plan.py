"""The plan of a broadcast: its size and cost, before anything is sent."""

from dataclasses import dataclass
from decimal import Decimal

from ...conf import get_broadcast_price
from ...core.errors import BroadcastBudgetError
from ...core.payload import metered_units
from ...delivery.sender import MAX_IN_FLIGHT
from .audience import Audience
from .options import BroadcastMessage, Options

__all__ = ["BroadcastPlan", "check_budget", "plan_broadcast"]

RESPONSE_SECONDS = 0.02
"""Seconds for a response over a warm connection within AWS's region: 10 to 25 ms were seen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BroadcastPlan:
    """Audience and cost of a message that has not been sent."""

    sockets: int
    """Number of connected sessions."""
    users: int
    """Number of different users among them; anonymous sessions have none."""
    message_bytes: int
    """Size of the message, in bytes of UTF-8."""
    units: int
    """Units AWS meters: 32 KB, or a part of that, of each message."""
    seconds: float
    """Seconds it takes at the rate it would be sent with."""
    cost: Decimal | None
    """Money by the project's price, or None where it has set none."""
    currency: str
    """Name of the money; empty without a price."""

    def __str__(self) -> str:
        price = "" if self.cost is None else f", {self.cost} {self.currency}"
        return (
            f"{self.sockets} sockets of {self.users} users, {self.units} units metered, "
            f"about {self.seconds:.1f} s{price}"
        )


def plan_broadcast(
    message: BroadcastMessage, audience: Audience, options: Options
) -> BroadcastPlan:
    """Return the plan of a broadcast.

    Without a rate its time is that of 256 connections with AWS's usual response time.
    """
    sockets, users = audience.count()
    units = sockets * metered_units(message.size_bytes)
    price = get_broadcast_price()
    return BroadcastPlan(
        sockets=sockets,
        users=users,
        message_bytes=message.size_bytes,
        units=units,
        seconds=sockets / (options.rate or MAX_IN_FLIGHT / RESPONSE_SECONDS),
        cost=None if price is None else units * price.per_million_units / 1_000_000,
        currency="" if price is None else price.currency,
    )


def check_budget(message: BroadcastMessage, audience: Audience, options: Options) -> None:
    """Refuse a broadcast above its budget; the audience is only counted where there is one.

    Raises:
        BroadcastBudgetError: it would take more units than that.
    """
    budget_units = options.budget
    if budget_units is None:
        return
    plan = plan_broadcast(message, audience, options)
    if plan.units > budget_units:
        raise BroadcastBudgetError(
            units=plan.units, budget_units=budget_units, sockets=plan.sockets
        )
