"""Runs of the suite, all at the same time: for half of its time a test waits for something real.

The first is seen as it goes. The output of the others is shown once they are done.
"""

import os
import subprocess
import tempfile
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
    """Let all run to their ends; return the exit code of the first one that failed, else 0."""
    beside = " and beside it on " + ", ".join(run.title for run in others) if others else ""
    print(f"\nTesting on {first.title}{beside} ...", flush=True)
    with ExitStack() as stack:
        waiting = []
        for run in others:
            output = stack.enter_context(tempfile.TemporaryFile("w+"))
            waiting.append((run, output, _started(run, stack, output)))
        codes = [_started(first, stack).wait()]
        for run, output, process in waiting:
            codes.append(process.wait())
            output.seek(0)
            print(f"\n{run.title}:\n{output.read()}", flush=True)
    return next((code for code in codes if code), 0)


def _started(run: Run, stack: ExitStack, output: IO[str] | None = None) -> subprocess.Popen[bytes]:
    process = run.start(output)
    # After Ctrl-C nothing may go on.
    stack.callback(_end, process)
    return process


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.terminate()
    process.wait()
