"""The gateway as its users start it: a process of its own."""

import os
import selectors
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

DEADLINE = 60.0
"""Seconds for a process to start or to stop."""

SOURCE = Path(__file__).parents[2] / "src"


@dataclass
class GatewayProcess:
    process: subprocess.Popen[bytes]
    first_line: str
    error_file: Path
    """Takes its stderr. Not a pipe: of one that nobody reads it keeps 256 KB only."""

    @property
    def url(self) -> str:
        return self.first_line.removeprefix("Listening on ").strip()

    def stop(self, number: int) -> tuple[int, str]:
        """Send a signal; the exit code and what was written to stderr."""
        self.process.send_signal(number)
        self.process.wait(DEADLINE)
        return self.process.returncode, self.errors

    @property
    def errors(self) -> str:
        """The text on stderr so far."""
        return self.error_file.read_text()


def gateway_command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "django_aws_api_gateway_websockets.gateway", *arguments]


def gateway_environment(**changes: str) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("AWS_")}
    return kept | {"PYTHONPATH": str(SOURCE), "PYTHONUNBUFFERED": ""} | changes


def run(*arguments, **environment):
    return subprocess.run(
        gateway_command(*arguments),
        capture_output=True,
        env=gateway_environment(**environment),
        timeout=DEADLINE,
        text=True,
        check=False,
    )


def has_spoken(stream: IO[bytes], seconds: float) -> bool:
    """Wait for a line that can be read; unlike `select`, with any number of open files."""
    with selectors.DefaultSelector() as selector:
        selector.register(stream, selectors.EVENT_READ)
        return bool(selector.select(seconds))


@contextmanager
def gateway_process(*arguments: str, **environment: str) -> Iterator[GatewayProcess]:
    """A gateway as long as the context lasts."""
    with tempfile.NamedTemporaryFile() as errors:
        process = subprocess.Popen(
            gateway_command("--port", "0", *arguments),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            env=gateway_environment(**environment),
        )
        with _ended(process):
            assert process.stdout is not None
            assert has_spoken(process.stdout, DEADLINE), "the gateway said nothing in time"
            first_line = process.stdout.readline().decode()
            yield GatewayProcess(process, first_line, Path(errors.name))


@contextmanager
def _ended(process: subprocess.Popen[bytes]) -> Iterator[None]:
    try:
        yield
    finally:
        process.kill()
        process.wait(DEADLINE)
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()
