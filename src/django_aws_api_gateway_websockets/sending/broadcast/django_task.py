"""The task for Django's own task queue; imported only where the setting asks for it.

Django 6.0 has the queue in it; the package `django-tasks` brings it to 5.2.
"""

from .queues import deliver_broadcast

try:
    from django.tasks import task
except ImportError:
    from django_tasks import task  # type: ignore[no-redef] # one of the two is there.

__all__ = ["deliver_broadcast_task"]


@task
def deliver_broadcast_task(broadcast_id: str) -> None:
    """Deliver what is left of a broadcast."""
    deliver_broadcast(broadcast_id)
