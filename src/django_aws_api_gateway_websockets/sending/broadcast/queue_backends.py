"""The task queues a project may have, and how each is told of a queued broadcast.

A task only gets the id of the broadcast. Any task may deliver any range of it, so tasks that are
lost with a worker are made up for by the others.
"""

import logging
from typing import Final, Protocol

from ...conf import get_broadcast_workers
from ..stand_in import find_stand_in

__all__ = ["TASK_NAME", "QueueBackend", "start_workers"]

logger = logging.getLogger("django_aws_api_gateway_websockets.models")

TASK_NAME: Final = "django_aws_api_gateway_websockets.deliver_broadcast"
"""Name of the task in Celery."""

MOST_TASKS: Final = 100
"""Tasks for one broadcast; each delivers whatever is left, so this bounds the workers."""


class QueueBackend(Protocol):
    """A task queue."""

    def start(self, broadcast_id: str, *, tasks: int) -> None:
        """Put this number of tasks for a broadcast into the queue.

        Raises:
            ImportError: the queue is not installed.
        """


class CeleryBackend:
    """Celery, whose worker finds the task by its name in `tasks.py`."""

    def start(self, broadcast_id: str, *, tasks: int) -> None:
        """Send the tasks."""
        from celery import current_app

        for _ in range(tasks):
            current_app.send_task(TASK_NAME, args=[broadcast_id], ignore_result=True)


class DjangoTasksBackend:
    """Django's own task queue, or the package `django-tasks` on Django 5.2."""

    def start(self, broadcast_id: str, *, tasks: int) -> None:
        """Enqueue the tasks."""
        from .django_task import deliver_broadcast_task

        for _ in range(tasks):
            deliver_broadcast_task.enqueue(broadcast_id)


class NoQueueBackend:
    """No queue: `manage.py deliverWebSocketBroadcasts` finds the broadcast in the database."""

    def start(self, broadcast_id: str, *, tasks: int) -> None:
        """Do nothing."""


# The names are those that `conf.BROADCAST_WORKERS` lets the setting have.
_BACKENDS: Final[dict[str | None, QueueBackend]] = {
    "celery": CeleryBackend(),
    "tasks": DjangoTasksBackend(),
    None: NoQueueBackend(),
}


def start_workers(broadcast_id: str, *, ranges: int) -> None:
    """Tell the project's workers of a broadcast.

    A queue that is down is logged: the broadcast is written down, so nothing is lost, and the
    project's own callbacks must still run.

    Args:
        broadcast_id: id of the broadcast.
        ranges: number of ranges to deliver.
    """
    try:
        backend = find_stand_in() or _BACKENDS[get_broadcast_workers()]
        backend.start(broadcast_id, tasks=min(ranges, MOST_TASKS))
    except Exception:
        logger.exception(
            "No worker could be told of broadcast %s: deliverWebSocketBroadcasts delivers it.",
            broadcast_id,
        )
