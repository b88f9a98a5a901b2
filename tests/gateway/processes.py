"""The gateway as its users start it: a process of its own."""

import os
import selectors
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

DEADLINE = 10.0
"""Seconds for a process to start or to stop."""

SOURCE = Path(__file__).parents[2] / "src"


@dataclass
class GatewayProcess:
    process: subprocess.Popen[bytes]
    first_line: str

    @property
    def url(self) -> str:
        return self.first_line.removeprefix("Listening on ").strip()

    def stop(self, number: int) -> tuple[int, str]:
        """Send a signal; the exit code and what was written to stderr."""
        self.process.send_signal(number)
        _, errors = self.process.communicate(timeout=DEADLINE)
        return self.process.returncode, errors.decode()


def gateway_command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "django_aws_api_gateway_websockets.gateway", *arguments]


def gateway_environment(**changes: str) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("AWS_")}
    return kept | {"PYTHONPATH": str(SOURCE), "PYTHONUNBUFFERED": ""} | changes


def has_spoken(stream: IO[bytes], seconds: float) -> bool:
    """Whether a line can be read in time; unlike `select`, with any number of open files."""
    with selectors.DefaultSelector() as selector:
        selector.register(stream, selectors.EVENT_READ)
        return bool(selector.select(seconds))


@contextmanager
def gateway_process(
    *arguments: str, keeps_errors: bool = True, **environment: str
) -> Iterator[GatewayProcess]:
    """A gateway as long as the context lasts.

    Args:
        keeps_errors: whether its problems can be read; a test that makes more of them than fit
            into a pipe would bring the gateway to a stand.
    """
    process = subprocess.Popen(
        gateway_command("--port", "0", *arguments),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE if keeps_errors else subprocess.DEVNULL,
        env=gateway_environment(**environment),
    )
    try:
        assert process.stdout is not None
        assert has_spoken(process.stdout, DEADLINE), "the gateway said nothing in time"
        yield GatewayProcess(process, process.stdout.readline().decode())
    finally:
        process.kill()
        process.wait(DEADLINE)
        for pipe in (process.stdin, process.stdout, process.stderr):
            if pipe is not None:
                pipe.close()
