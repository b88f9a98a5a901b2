"""Where Celery looks for the tasks of an app; without Celery there is nothing here."""

from .sending.broadcast.queues import TASK_NAME, deliver_broadcast

__all__ = ["deliver_broadcast"]

try:
    from celery import shared_task
except ImportError:
    pass
else:
    # Told done only when it is: a worker that dies in between leaves it for another.
    shared_task(name=TASK_NAME, acks_late=True, ignore_result=True)(deliver_broadcast)
