"""The tasks of `websocketRelay`, which only time can trigger.

Several relays may run. A lease decides which of them does a task, and a task that is done twice
does no harm.
"""

import logging
import time
import uuid
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any, Final, NamedTuple, NoReturn

from django.db import close_old_connections
from django.utils import timezone

from ..models import ChannelState, RelayTask, Subscription, WebSocketSession
from ..models.subscription import PURGED_TOGETHER
from ..sending.gone_connections import find_gone
from .presence import announce
from .rechecks import recheck_subscriptions

__all__ = [
    "Relay",
    "announce_due",
    "ask_after_connections",
    "close_outlived",
    "delete_dead_subscriptions",
    "recheck_old_subscriptions",
]

logger = logging.getLogger("django_aws_api_gateway_websockets.models")

LONGEST_LIFE: Final = timedelta(hours=2, minutes=5)
"""Time after which API Gateway has closed a connection, with some to spare.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html
"""

YOUNG: Final = timedelta(minutes=2)
"""Age of a connection from which on it is asked after."""

TRIED_AGAIN_AFTER: Final = timedelta(minutes=1)
"""Time after which a channel whose members could not be announced is looked at again."""

CHECKED_AGAIN_AFTER: Final = timedelta(minutes=10)
"""Time after which the rules of a subscription are asked again."""

ASKED_TOGETHER: Final = 1000
"""Connections asked after, and subscriptions checked, in a minute at most."""

ASKED_A_SECOND: Final = 50
"""Requests a second after connections; messages need the account's rate more."""

POLL_SECONDS: Final = 1.0
"""Seconds from the beginning of one pass to that of the next, unless it takes longer."""

LEASE_SECONDS: Final = 60.0
"""Seconds after which another relay takes over a task of one that was killed."""


def announce_due() -> int:
    """Announce who came within the second of another change, and who left after the grace."""
    now = timezone.now()
    due = ChannelState.objects.filter(due_on__lte=now).order_by("due_on")
    announced = 0
    for name in list(due.values_list("name", flat=True)):
        try:
            announced += announce(name)
        except Exception:
            # The other channels are no worse for it, and this one is tried again later.
            logger.exception("The members of channel %s could not be announced.", name)
            later = now + TRIED_AGAIN_AFTER
            ChannelState.objects.filter(name=name).update(due_on=later)
    return announced


def close_outlived() -> int:
    """Mark those sessions disconnected that are older than API Gateway lets any be."""
    born_before = timezone.now() - LONGEST_LIFE
    return _mark_disconnected(
        WebSocketSession.objects.filter(connected=True, created_on__lt=born_before).values_list(
            "connection_id", flat=True
        )
    )


def ask_after_connections(after: int = 0, *, at_most: int | None = None) -> int:
    """Mark those sessions disconnected whose connections are gone, as API Gateway says.

    Args:
        after: primary key after which to begin.
        at_most: connections that are asked after; None for a minute's worth.

    Returns:
        The primary key to go on with; 0 begins again.
    """
    most = ASKED_TOGETHER if at_most is None else at_most
    born_before = timezone.now() - YOUNG
    sessions = WebSocketSession.objects.filter(
        connected=True, created_on__lt=born_before, pk__gt=after
    ).order_by("pk")
    keys = list(sessions.values_list("pk", flat=True)[:most])
    if not keys:
        return 0
    asked = WebSocketSession.objects.filter(pk__in=keys).recipients()
    _mark_disconnected(find_gone(asked, per_second=ASKED_A_SECOND))
    return int(keys[-1]) if len(keys) == most else 0


def recheck_old_subscriptions() -> int:
    """Ask the rules of those subscriptions again that were checked longest ago."""
    checked_before = timezone.now() - CHECKED_AGAIN_AFTER
    old = Subscription.objects.filter(checked_on__lt=checked_before, session__connected=True)
    return recheck_subscriptions(old.order_by("checked_on")[:ASKED_TOGETHER])


def delete_dead_subscriptions() -> None:
    """Delete the subscriptions of connections that are closed."""
    while Subscription.delete_dead() == PURGED_TOGETHER:
        pass


class Task(NamedTuple):
    """A task of the relay."""

    name: str
    does: Callable[[], Any]
    has_work: Callable[[], bool] | None = None
    """Tells, cheaply, that the task should not wait."""
    every_seconds: float = 60.0


class Relay:
    """One process that does the tasks as they become due."""

    def __init__(self) -> None:
        self._owner = uuid.uuid4()
        self._asked_up_to = 0
        self._still_to_ask = 0
        self._failures: dict[str, str] = {}

    def run(self) -> NoReturn:
        """Do the tasks as they become due, until the process ends."""
        while True:
            began = time.monotonic()
            self.run_due()
            time.sleep(max(0.0, POLL_SECONDS - (time.monotonic() - began)))

    def run_due(self, *, at_once: bool = False) -> list[str]:
        """Do the tasks that are due and that no other relay has; returns their names.

        Args:
            at_once: do them also if they were done a moment ago.
        """
        done = []
        for task in self._tasks(at_once=at_once):
            try:
                if self._run(task, at_once=at_once):
                    done.append(task.name)
            except Exception as error:  # noqa: BLE001 - the other tasks, and the next pass, are no worse for it.
                self._note_failure(task, error)
            else:
                self._failures.pop(task.name, None)
        close_old_connections()
        return done

    def _run(self, task: Task, *, at_once: bool) -> bool:
        has_work = task.has_work is not None and task.has_work()
        every = 0.0 if at_once or has_work else task.every_seconds
        if not RelayTask.take(task.name, self._owner, seconds=LEASE_SECONDS, every=every):
            return False
        task.does()
        RelayTask.finish(task.name, self._owner)
        return True

    def _note_failure(self, task: Task, error: Exception) -> None:
        """Log a failure, and not again every second while it stays the same."""
        failure = f"{type(error).__name__}: {error}"
        if self._failures.get(task.name) != failure:
            self._failures[task.name] = failure
            logger.error("The relay could not do its task %r.", task.name, exc_info=error)

    def _tasks(self, *, at_once: bool) -> list[Task]:
        most = ASKED_TOGETHER if at_once else ASKED_A_SECOND
        ask = partial(self._ask_after_connections, most)
        return [
            Task("presence", announce_due, has_work=_is_presence_due),
            Task("old age", close_outlived),
            Task("ghosts", ask, has_work=lambda: self._still_to_ask > 0),
            Task("rules", recheck_old_subscriptions),
            Task("dead subscriptions", delete_dead_subscriptions),
        ]

    def _ask_after_connections(self, at_most: int) -> None:
        """Ask after some of the minute's connections; the other tasks do not wait for the rest."""
        to_ask = self._still_to_ask or ASKED_TOGETHER
        number = min(at_most, to_ask)
        self._asked_up_to = ask_after_connections(self._asked_up_to, at_most=number)
        self._still_to_ask = to_ask - number if self._asked_up_to else 0


def _is_presence_due() -> bool:
    return bool(ChannelState.objects.filter(due_on__lte=timezone.now()).exists())


def _mark_disconnected(connection_ids: Any) -> int:
    ids = list(connection_ids)
    if ids:
        WebSocketSession.mark_disconnected(ids)
        logger.info("%d connections were closed, and nobody had been told.", len(ids))
    return len(ids)
