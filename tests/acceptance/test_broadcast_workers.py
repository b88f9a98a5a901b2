"""Queued broadcasts with the workers people have: Celery over Redis, and Django's tasks.

A worker is killed in the middle. Nobody may be missed, and whoever gets the message twice gets it
under one id, no more of them than the report says.
"""

import json
import os
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.conf import settings as django_settings
from django.db import connection

from django_aws_api_gateway_websockets.models import WebSocketSession
from tests.delivery.recording_server import KEYS, RecordingServer
from tests.models.audiences import make_sessions
from tests.project.celery import app as celery
from tests.waiting import eventually

ROOT = Path(__file__).parents[2]
CELERY = ["-m", "celery", "-A", "tests.project.celery", "worker", "--pool", "solo", "-l", "warning"]
TASKS = ["-m", "django", "db_worker", "--no-startup-delay", "--interval", "0.2"]
COMMAND = ["-m", "django", "deliverWebSocketBroadcasts", "--watch"]
SESSIONS = 4000
WINDOW = 256

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]


@pytest.fixture(autouse=True)
def redis():
    """Celery's broker, which has to be there under CI."""
    address = urlsplit(django_settings.CELERY_BROKER_URL)
    with socket.socket() as probe:
        probe.settimeout(2)
        if probe.connect_ex((address.hostname, address.port or 6379)) == 0:
            yield
            celery.control.purge()
            return
    missing = f"Redis does not answer at {address.hostname}:{address.port or 6379}."
    pytest.fail(missing) if os.environ.get("CI") else pytest.skip(missing)


@pytest.fixture
def server(settings):
    settings.AWS_ACCESS_KEY_ID = KEYS.access_key
    settings.AWS_SECRET_ACCESS_KEY = KEYS.secret_key
    with RecordingServer() as running:
        yield running


@contextmanager
def worker(command: list[str], websockets: dict[str, object]):
    """A worker process on the test's database, killed in the end if it still runs."""
    environment = {
        **os.environ,
        "DATABASE_NAME": str(connection.settings_dict["NAME"]),
        "DJANGO_SETTINGS_MODULE": "tests.project.settings",
        "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)]),
        "CELERY_QUEUE": django_settings.CELERY_TASK_DEFAULT_QUEUE,
        "WEBSOCKETS": json.dumps(websockets),
        "TESTS_ACCESS_KEY_ID": KEYS.access_key,
        "TESTS_SECRET_ACCESS_KEY": KEYS.secret_key,
    }
    process = subprocess.Popen([sys.executable, *command], cwd=ROOT, env=environment)
    try:
        yield process
    finally:
        process.kill()
        process.wait(20)


@pytest.mark.parametrize(
    ("workers", "command"),
    [
        # A queue tells workers of a broadcast; who takes which range is up to the database.
        pytest.param("celery", CELERY, marks=pytest.mark.any_database),
        pytest.param("tasks", TASKS, marks=pytest.mark.any_database),
        (None, COMMAND),
    ],
    ids=["celery", "tasks", "command"],
)
def test_a_killed_worker_is_replaced_and_nobody_is_missed(
    server, api_gateway, settings, workers, command
):
    settings.WEBSOCKETS = {
        "management_endpoint_url": server.url,
        "broadcast_workers": workers,
        "broadcast_claim_seconds": 3,
    }
    make_sessions(api_gateway, SESSIONS)
    queued = WebSocketSession.objects.enqueue_broadcast({"n": 1}, id_key="id", per_second=1500)

    for killed_after in (300, 1700):
        with worker(command, settings.WEBSOCKETS) as process:
            eventually(lambda: len(server.arrived) >= killed_after, seconds=60)  # noqa: B023
            process.send_signal(signal.SIGKILL)
    with worker(command, settings.WEBSOCKETS):
        eventually(lambda: queued.report().is_finished or queued.refresh_from_db(), seconds=120)

    report, times = queued.report(), server.ids
    repeated = sum(times.values()) - len(times)
    assert len(times) == SESSIONS
    assert report.sent == SESSIONS
    assert repeated <= 2 * WINDOW
    assert repeated <= report.possibly_repeated <= 2 * WINDOW
    assert {json.loads(request.body)["id"] for request in server.arrived} == {str(queued.id)}
