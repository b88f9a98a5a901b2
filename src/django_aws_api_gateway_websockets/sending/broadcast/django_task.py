"""The task for Django's own task queue; imported only where the setting asks for it.

Django 6.0 has the queue in it; the package `django-tasks` brings it to 5.2.
"""

from typing import Final

from django.utils.module_loading import import_string

try:
    from django.tasks import task
except ImportError:
    from django_tasks import task  # type: ignore[no-redef] # one of the two is there.

__all__ = ["deliver_broadcast_task"]

_DELIVER: Final = "django_aws_api_gateway_websockets.tasks.deliver_broadcast"
"""Function that a worker runs, by name as in Celery: rows are not known here."""


@task
def deliver_broadcast_task(broadcast_id: str) -> None:
    """Deliver what is left of a broadcast."""
    import_string(_DELIVER)(broadcast_id)
