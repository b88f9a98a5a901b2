"""Both versions of DiscussIt as they are operated, on PostgreSQL databases of their own."""

import json
import os
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from benchmarks.figures import ROOT
from benchmarks.peers.stacks import free_port, wait_for

__all__ = ["SIDES", "SIZES", "Running"]

SIZES = (2, 100, 1_000)
CORE = "0"
STOP_SECONDS = 30
PROCESSES = {
    "package": "gunicorn (1 + 3 sync workers), local gateway (AWS in production), PostgreSQL",
    "channels": "daphne, Redis, PostgreSQL",
}


@dataclass(frozen=True)
class Running:
    """A version that listens, and who is to connect."""

    socket: str
    """Address of a socket; `{group}` stands for its channel."""
    origin: str
    pids: list[int]
    people: dict
    needs_token: bool


@contextmanager
def package() -> Iterator[Running]:
    """gunicorn with sync workers, and the local gateway."""
    port, gateway_port = free_port(), free_port()
    backend = f"http://127.0.0.1:{port}"
    gunicorn = ["-m", "gunicorn", "--workers", "3", "--bind", f"127.0.0.1:{port}"]
    gateway = ["manage.py", "runwebsocketgateway", "--backend", backend]
    with ExitStack() as stack:
        environment = stack.enter_context(
            prepared("discussit", "on_the_package", GATEWAY_PORT=str(gateway_port))
        )
        people = make_people("discussit", environment)
        started = [
            stack.enter_context(process(command, "discussit", environment))
            for command in ([*gunicorn, "--log-level", "error", "discussit.wsgi"], gateway)
        ]
        wait_for(port)
        wait_for(gateway_port)
        # An API is found by its stage while there is only one.
        url = f"ws://127.0.0.1:{gateway_port}/production?channel={{group}}"
        pids = [one.pid for one in started]
        yield Running(url, backend, pids, people, needs_token=True)


@contextmanager
def channels() -> Iterator[Running]:
    """daphne, with Redis behind it."""
    port = free_port()
    daphne = ["-m", "daphne", "-v", "0", "-b", "127.0.0.1", "-p", str(port)]
    with prepared("channels_discussit", "on_channels") as environment:
        people = make_people("channels_discussit", environment)
        command = [*daphne, "channels_discussit.asgi:application"]
        with process(command, "channels_discussit", environment) as server:
            wait_for(port)
            address = f"127.0.0.1:{port}"
            url = f"ws://{address}/groups/{{group}}/"
            yield Running(url, f"http://{address}", [server.pid], people, needs_token=False)


SIDES = {"package": package, "channels": channels}


@contextmanager
def prepared(project: str, settings: str, **variables: str) -> Iterator[dict[str, str]]:
    """The environment of a project with an empty database, which is dropped in the end."""
    name = f"bench_{project}_{secrets.token_hex(4)}"
    own = [str(ROOT / "examples" / project), str(ROOT / "examples" / "discussit")]
    with tempfile.TemporaryDirectory() as folder:
        environment = {
            **os.environ,
            **variables,
            "DATABASE": "postgresql",
            "DATABASE_NAME": name,
            "DISCUSSIT_VAR": folder,
            "DJANGO_SETTINGS_MODULE": f"benchmarks.discussit.{settings}",
            "PYTHONPATH": os.pathsep.join([*own, str(ROOT)]),
        }
        database = "from benchmarks.postgresql import create_database, drop_database; "
        try:
            run_shell(project, environment, database + "create_database()")
            yield environment
        finally:
            run_shell(project, environment, database + "drop_database()")


def make_people(project: str, environment: dict[str, str]) -> dict:
    code = f"from benchmarks.discussit.people import make_people; make_people(*{SIZES})"
    return json.loads(run_shell(project, environment, code).splitlines()[-1])


def run_shell(project: str, environment: dict[str, str], code: str) -> str:
    """Run code in a project, and return what it prints."""
    command = [sys.executable, "-m", "django", "shell", "-c", code]
    return subprocess.run(
        command,
        cwd=ROOT / "examples" / project,
        env=environment,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    ).stdout


@contextmanager
def process(
    command: list[str], project: str, environment: dict[str, str]
) -> Iterator[subprocess.Popen]:
    """A process on the core of its side, with all it starts."""
    started = subprocess.Popen(
        ["taskset", "--cpu-list", CORE, sys.executable, *command],
        cwd=ROOT / "examples" / project,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield started
    finally:
        started.terminate()
        try:
            started.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            started.kill()
            started.wait()
