"""The project's task queue is told of a broadcast; acceptance tests have workers of each."""

import pytest
from django.test import override_settings
from django_tasks_db.models import DBTaskResult

from django_aws_api_gateway_websockets.sending.broadcast.queue_backends import start_workers
from tests.project.celery import app as celery

BROADCAST = "4b0e8e9c-3f57-4d63-8f43-2a4b2f7a9f6a"


@pytest.mark.django_db
@pytest.mark.parametrize(("ranges", "tasks"), [(0, 0), (3, 3), (250, 100)])
def test_djangos_queue_gets_a_task_for_each_range_and_no_more_than_100(settings, ranges, tasks):
    settings.WEBSOCKETS = {"broadcast_workers": "tasks"}

    start_workers(BROADCAST, ranges=ranges)

    assert DBTaskResult.objects.count() == tasks
    for queued in DBTaskResult.objects.all():
        assert queued.args_kwargs["args"] == [BROADCAST]


@pytest.mark.django_db
@pytest.mark.parametrize("workers", [None, "unknown"])
def test_without_a_queue_nobody_is_told(settings, workers):
    settings.WEBSOCKETS = {"broadcast_workers": workers}

    start_workers(BROADCAST, ranges=3)

    assert not DBTaskResult.objects.exists()


def test_the_task_of_celery_has_the_name_its_workers_know():
    import django_aws_api_gateway_websockets.tasks  # noqa: F401 - Celery imports it so.

    assert "django_aws_api_gateway_websockets.deliver_broadcast" in celery.tasks


def test_a_queue_that_is_down_is_logged(caplog):
    broken = {"default": {"BACKEND": "no.such.Backend"}}
    with override_settings(TASKS=broken, WEBSOCKETS={"broadcast_workers": "tasks"}):
        start_workers(BROADCAST, ranges=1)

    assert f"No worker could be told of broadcast {BROADCAST}" in caplog.text
