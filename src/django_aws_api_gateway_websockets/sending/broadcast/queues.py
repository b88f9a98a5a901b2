"""Brings queued broadcasts to the workers a project has.

A task is only told the id of the broadcast. Any task may deliver any range of it, so tasks that are
lost with a worker are made up for by the others.
"""

from typing import Any, Final

from django.apps import apps

from ...conf import get_broadcast_workers

__all__ = ["TASK_NAME", "deliver_broadcast", "start_workers"]

APP: Final = "django_aws_api_gateway_websockets"

TASK_NAME: Final = f"{APP}.deliver_broadcast"
"""Name of the task in Celery."""


def start_workers(broadcast_id: str, *, tasks: int) -> None:
    """Hand a broadcast to the project's task queue, so many times.

    Does nothing where `broadcast_workers` is not set: `manage.py deliverWebSocketBroadcasts`
    delivers it then.

    Raises:
        ImportError: the setting names a queue that is not installed.
    """
    workers = get_broadcast_workers()
    if workers == "celery":
        from celery import current_app

        for _ in range(tasks):
            current_app.send_task(TASK_NAME, args=[broadcast_id], ignore_result=True)
    elif workers == "tasks":
        from .django_task import deliver_broadcast_task

        for _ in range(tasks):
            deliver_broadcast_task.enqueue(broadcast_id)


def deliver_broadcast(broadcast_id: str) -> None:
    """Deliver what is left of a broadcast; what a task runs."""
    queued: Any = apps.get_model(APP, "QueuedBroadcast")
    broadcast = queued.objects.filter(pk=broadcast_id).first()
    # One that was deleted meanwhile has nothing left to deliver.
    if broadcast is not None:
        broadcast.deliver()
