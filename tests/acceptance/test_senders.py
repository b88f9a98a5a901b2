"""Ten thousand messages from wherever Django runs: forks, threads, a loop, a shell, a task.

Real servers in processes of their own. Nothing may be lost or sent twice, every socket that stays
open is one the pool keeps, and the process ends when it is told to.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.db import connection

from django_aws_api_gateway_websockets.models import WebSocketSession
from tests.delivery.recording_server import KEYS, RecordingServer
from tests.waiting import eventually

ROOT = Path(__file__).parents[2]
SITE = "tests.acceptance.sending_site"
SESSIONS = 10_000
CHANNELS = 32
MOST_LATE = SESSIONS // 5
"""Posts that may be sent again, because a busy machine has let their responses wait too long.

A sender that posts twice, or a fork that goes on with its parent's work, doubles them all.
"""
GUNICORN = ["-m", "gunicorn", f"{SITE}:wsgi", "--timeout", "120", "--bind"]
UVICORN = ["-m", "uvicorn", f"{SITE}:asgi", "--lifespan", "off", "--port"]
CELERY = ["-m", "celery", "-A", f"{SITE}:celery", "worker", "-l", "info", "-c", "2"]
SHELL = """
from django_aws_api_gateway_websockets.models import WebSocketSession
print(WebSocketSession.objects.broadcast({"n": 1}).sent)
"""

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]


@pytest.fixture
def server(api_gateway):
    WebSocketSession.objects.bulk_create(
        WebSocketSession(
            connection_id=f"L0SM9cOFv{index:06}=",
            api_gateway=api_gateway,
            channel_name=f"c{index % CHANNELS:02}",
        )
        for index in range(SESSIONS)
    )
    with RecordingServer() as running:
        yield running


@pytest.fixture
def environment(server):
    return {
        **os.environ,
        "DATABASE_NAME": str(connection.settings_dict["NAME"]),
        "DJANGO_SETTINGS_MODULE": "tests.project.settings",
        "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)]),
        "CELERY_QUEUE": django_settings.CELERY_TASK_DEFAULT_QUEUE,
        "WEBSOCKETS": json.dumps({"management_endpoint_url": server.url}),
        "TESTS_ACCESS_KEY_ID": KEYS.access_key,
        "TESTS_SECRET_ACCESS_KEY": KEYS.secret_key,
    }


@contextmanager
def running(command, environment, log):
    """A process that has to end cleanly when it gets SIGTERM."""
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, *command],
            cwd=ROOT,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            yield process
            process.send_signal(signal.SIGTERM)
            # uvicorn hands the signal on to itself once everything is closed.
            assert process.wait(60) in {0, -signal.SIGTERM}
        finally:
            process.kill()
            process.wait(20)
    assert "Traceback" not in log.read_text(), log.read_text()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def ask(url):
    with urllib.request.urlopen(url, timeout=120) as answer:
        return json.load(answer)


def answers(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def family(process):
    """The process and its children."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    return [str(process.pid), *children]


def sockets_to(server, processes):
    """Count the descriptors these processes hold that are connected to the server."""
    remote = f"0100007F:{server.port:04X}"
    lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    inodes = {f"socket:[{fields[9]}]" for fields in lines if fields[2] == remote}
    links = [path for one in processes for path in Path(f"/proc/{one}/fd").iterdir()]
    return len([path for path in links if path.is_symlink() and str(path.readlink()) in inodes])


def descriptors(processes):
    return sum(len(list(Path(f"/proc/{one}/fd").iterdir())) for one in processes)


def everybody_got_it(server, times=1):
    """Tell whether nobody was missed, and nobody got it again for want of a response in time."""
    again = sum(count - times for count in server.ids.values())
    return len(server.ids) == SESSIONS and min(server.ids.values()) == times and again <= MOST_LATE


@pytest.mark.parametrize(
    ("options", "requests", "before_fork"),
    [
        (["--workers", "2", "--preload"], ["c0", "c1", "c2", "c3"], True),
        pytest.param(
            ["--threads", "32"],
            [f"c{number:02}" for number in range(CHANNELS)],
            False,
            # Of the senders, those that fork are where databases may differ.
            marks=pytest.mark.any_database,
        ),
    ],
    ids=["prefork", "threads"],
)
def test_gunicorn(server, environment, tmp_path, options, requests, before_fork):
    port = free_port()
    environment |= {"SEND_BEFORE_FORK": "1"} if before_fork else {}
    command = [*GUNICORN, f"127.0.0.1:{port}", *options]

    with running(command, environment, tmp_path / "log") as process:
        assert eventually(lambda: answers(port), seconds=120)
        with ThreadPoolExecutor(len(requests)) as clients:
            urls = [f"http://127.0.0.1:{port}/broadcast/{channel}" for channel in requests]
            first, again = (list(clients.map(ask, urls)) for _ in range(2))

        assert sum(one["sent"] for one in first) == sum(one["sent"] for one in again) == SESSIONS
        assert everybody_got_it(server, times=2 + before_fork)
        # Not one socket of the parent's in a child, and none that nobody keeps.
        assert eventually(
            lambda: sockets_to(server, family(process)) == len(server.open_peers), seconds=30
        )
        if before_fork:
            assert str(process.pid) not in {str(one["process"]) for one in first}


@pytest.mark.any_database
def test_uvicorn(server, environment, tmp_path):
    port = free_port()

    with running([*UVICORN, str(port)], environment, tmp_path / "log") as process:
        assert eventually(lambda: answers(port), seconds=120)
        before = descriptors([process.pid])
        with ThreadPoolExecutor(4) as clients:
            urls = [f"http://127.0.0.1:{port}/abroadcast/c{number}" for number in range(4)]
            told = list(clients.map(ask, urls))

        assert sum(one["sent"] for one in told) == SESSIONS
        assert everybody_got_it(server)
        assert eventually(
            lambda: descriptors([process.pid]) <= before + len(server.open_peers) + 1, seconds=30
        )


@pytest.mark.any_database
def test_the_shell(server, environment):
    finished = subprocess.run(
        [sys.executable, "-W", "error::ResourceWarning", "-m", "django", "shell", "-c", SHELL],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )

    assert finished.stdout.split()[-1] == str(SESSIONS)
    assert "Warning" not in finished.stderr
    assert everybody_got_it(server)


@pytest.mark.any_database
def test_a_celery_worker(server, environment, tmp_path):
    from tests.project.celery import app

    with running(CELERY, environment, tmp_path / "log") as process:
        assert eventually(lambda: "ready." in (tmp_path / "log").read_text(), seconds=120)
        for number in range(4):
            app.send_task("tests.send", args=[f"c{number}"], ignore_result=True)
        assert eventually(lambda: everybody_got_it(server), seconds=120)
        assert eventually(
            lambda: (tmp_path / "log").read_text().count("succeeded") == 4, seconds=60
        )
        assert eventually(
            lambda: sockets_to(server, family(process)) == len(server.open_peers), seconds=30
        )
