"""Does the tasks that only time can trigger, at the moment at which `websocketRelay` would."""

from collections.abc import Iterator
from datetime import datetime

from django.utils import timezone

from ...channels.presence import BETWEEN_CHANGES, announce
from ...channels.registry import has_presence
from ...channels.relay import (
    ask_after_connections,
    close_outlived,
    delete_dead_subscriptions,
    recheck_old_subscriptions,
)
from ...models import ChannelState

__all__ = ["announce_presence", "do_tasks", "next_change"]


def announce_presence() -> None:
    """Announce who came and who left, also within the second in which a channel is told once.

    A test need not move its clock for that second: nothing is left to come.
    """
    if has_presence():
        for name in list(_due_until(timezone.now() + BETWEEN_CHANGES)):
            announce(name, at_once=True)


def next_change() -> datetime | None:
    """Return the time at which somebody who has gone is gone for good; None when nobody has."""
    if not has_presence():
        return None
    times = ChannelState.objects.filter(due_on__gt=timezone.now()).order_by("due_on")
    moment: datetime | None = times.values_list("due_on", flat=True).first()
    return moment


def do_tasks() -> None:
    """Do the other tasks of the relay, each for all there is."""
    close_outlived()
    asked_up_to = ask_after_connections()
    while asked_up_to:
        asked_up_to = ask_after_connections(asked_up_to)
    recheck_old_subscriptions()
    delete_dead_subscriptions()


def _due_until(moment: datetime) -> Iterator[str]:
    due = ChannelState.objects.filter(due_on__lte=moment).order_by("due_on")
    return iter(due.values_list("name", flat=True))
