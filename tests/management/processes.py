"""Management commands as their users start them: whole processes, and a terminal's Ctrl-C."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.acceptance.chat_room.process import MANAGE, free_port
from tests.waiting import SECONDS, eventually


class Command:
    """A management command as a process, with what it has said so far.

    Args:
        folder: has the example's database.
        arguments: of the command line; `{port}` in them is a free port.
        manage: file to run; None for the example's.
        environment: variables to change; None takes one away.
    """

    def __init__(
        self, folder: Path, *arguments: str, manage: Path | None = None, **environment: str | None
    ) -> None:
        self.port, self.gateway_port = free_port(), free_port()
        self.lines: list[str] = []
        changes = {"CHAT_ROOM_VAR": str(folder), "GATEWAY_PORT": str(self.gateway_port)}
        kept = {key: value for key, value in os.environ.items() if "DJANGO" not in key}
        python = {"PYTHONUNBUFFERED": "1", "PYTHONFAULTHANDLER": "1"}
        changed = {**kept, **changes, **python, **environment}
        self.environment = {name: value for name, value in changed.items() if value is not None}
        words = [word.replace("{port}", str(self.port)) for word in arguments]
        self.process = subprocess.Popen(
            [sys.executable, str(manage or MANAGE), *words],
            env=self.environment,
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.reader = threading.Thread(target=self._read)
        self.reader.start()

    def _read(self) -> None:
        self.lines.extend(iter(self.process.stdout.readline, ""))

    @property
    def said(self) -> str:
        return "".join(self.lines)

    def says(self, text: str) -> bool:
        return eventually(lambda: text in self.said)

    def interrupt(self) -> int:
        """Send Ctrl-C as a terminal does, to every process of the group."""
        os.killpg(self.process.pid, signal.SIGINT)
        return self.ended()

    def ended(self) -> int:
        try:
            code = self.process.wait(SECONDS)
        except subprocess.TimeoutExpired:
            # It prints the stack of each thread before this signal ends it.
            self.process.send_signal(signal.SIGABRT)
            self.reader.join(SECONDS)
            pytest.fail(f"It still ran after {SECONDS} seconds. It had said:\n{self.said}")
        self.reader.join(SECONDS)
        return code

    def kill(self) -> None:
        """End it and its processes, whatever they do; the gateway ends with them."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(SECONDS)
        self.reader.join(SECONDS)
        self.process.stdout.close()
