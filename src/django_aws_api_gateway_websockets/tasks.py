"""The place where Celery looks for the tasks of an app, and the function its workers run."""

from .models import QueuedBroadcast
from .sending.broadcast.queue_backends import TASK_NAME

__all__ = ["deliver_broadcast"]


def deliver_broadcast(broadcast_id: str) -> None:
    """Deliver what is left of a broadcast."""
    broadcast = QueuedBroadcast.objects.filter(pk=broadcast_id).first()
    # A broadcast that was deleted meanwhile has nothing left to deliver.
    if broadcast is not None:
        broadcast.deliver()


try:
    from celery import shared_task
except ImportError:
    pass
else:
    # A task is done only when it has ended: a worker that dies in between leaves it for another.
    shared_task(name=TASK_NAME, acks_late=True, ignore_result=True)(deliver_broadcast)
