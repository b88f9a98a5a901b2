"""Runs of the suite, two at the same time: most of the time tests wait for something real.

The first is seen as it goes. What the others print is shown once it is done.
"""

import os
import subprocess
import tempfile
import threading
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

__all__ = ["Run", "exit_code_of_all"]

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Run:
    """One run of pytest."""

    title: str
    python: str
    arguments: Sequence[str]
    variables: Mapping[str, str] = field(default_factory=dict)

    def start(self, output: IO[str] | None = None) -> subprocess.Popen[bytes]:
        """Begin; what it prints goes to a file, or is seen."""
        return subprocess.Popen(
            [self.python, "-m", "pytest", "-q", *self.arguments],
            cwd=ROOT,
            env={**os.environ, **self.variables},
            stdout=output,
            stderr=output,
        )


def exit_code_of_all(first: Run, others: Sequence[Run] = ()) -> int:
    """Let all run to their ends, the others one by one beside the first.

    The exit code is that of the first one that failed.
    """
    beside = " and beside it on " + ", ".join(run.title for run in others) if others else ""
    print(f"\nTesting on {first.title}{beside} ...", flush=True)
    with tempfile.TemporaryFile("w+") as output, ExitStack() as stack:
        lane = _Lane(others, output)
        stack.callback(lane.end)
        process = first.start()
        stack.callback(_end, process)
        code = process.wait()
        codes = [code, *lane.wait()]
        output.seek(0)
        print(output.read(), flush=True)
    return next((code for code in codes if code), 0)


class _Lane:
    """Runs one after the other, in the background."""

    def __init__(self, runs: Sequence[Run], output: IO[str]) -> None:
        self._runs = runs
        self._output = output
        self._codes: list[int] = []
        self._process: subprocess.Popen[bytes] | None = None
        self._is_over = False
        self._thread = threading.Thread(target=self._go)
        self._thread.start()

    def wait(self) -> list[int]:
        """The exit codes of all."""
        self._thread.join()
        return self._codes

    def end(self) -> None:
        """After Ctrl-C nothing may go on."""
        self._is_over = True
        if self._process is not None:
            _end(self._process)
        self._thread.join()

    def _go(self) -> None:
        for run in self._runs:
            if self._is_over:
                break
            self._output.write(f"\n{run.title}:\n")
            self._output.flush()
            self._process = run.start(self._output)
            self._codes.append(self._process.wait())
            self._output.seek(0, os.SEEK_END)


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.terminate()
    process.wait()
