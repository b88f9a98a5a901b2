"""DiscussIt brought up by `manage.py demo`, on the package or on Django Channels."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.acceptance.chat_room.process import free_port
from tests.acceptance.discussit.sites import EXAMPLES, SECONDS

PROJECTS = {"discussit": "discussit", "discussit-channels": "channels_discussit"}


@dataclass
class Demo:
    """A demo that runs, and what it has printed."""

    port: int
    process: subprocess.Popen
    output: list[str] = field(default_factory=list)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}/"


def command_of(target: str) -> list[str]:
    return [sys.executable, str(EXAMPLES / PROJECTS[target] / "manage.py"), "demo"]


def make_environment(folder: Path, port: int) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if "DJANGO" not in key}
    for name in ("DATABASE", "DATABASE_NAME"):
        kept.pop(name, None)
    own = {"DISCUSSIT_VAR": str(folder), "PORT": str(port), "GATEWAY_PORT": str(free_port())}
    return kept | own | {"PYTHONUNBUFFERED": "1"}


@contextlib.contextmanager
def demo(target: str, folder: Path) -> Iterator[Demo]:
    """Run a demo until it says that it is open; Ctrl-C has to end it cleanly."""
    port, is_open = free_port(), threading.Event()
    process = subprocess.Popen(
        command_of(target),
        env=make_environment(folder, port),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    running = Demo(port, process)

    def read() -> None:
        for line in process.stdout:
            running.output.append(line)
            if "Ctrl-C stops everything" in line:
                is_open.set()
        is_open.set()

    reader = threading.Thread(target=read)
    reader.start()
    try:
        assert is_open.wait(SECONDS)
        assert process.poll() is None, running.output
        yield running
        # As a terminal does, to the process and its children alike.
        os.killpg(process.pid, signal.SIGINT)
        assert process.wait(SECONDS) == 0, running.output
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        reader.join()
        process.stdout.close()
