"""Runs of the suite at the same time; most of the time tests wait for something real.

The first is seen as it goes. What the others print is shown once the first is done.
"""

import os
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
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


def exit_code_of_all(runs: Sequence[Run]) -> int:
    """Let all run to their ends; the exit code is that of the first one that failed."""
    first, *others = runs
    print(f"\nTesting on {', '.join(run.title for run in runs)}. First:", flush=True)
    with ExitStack() as stack:
        shows = [stack.enter_context(_in_background(run)) for run in others]
        process = first.start()
        stack.callback(_end, process)
        codes = [process.wait(), *(show() for show in shows)]
    return next((code for code in codes if code), 0)


@contextmanager
def _in_background(run: Run) -> Iterator[Callable[[], int]]:
    """A run whose output is kept; gives what waits for its end and shows it."""
    with tempfile.TemporaryFile("w+") as output:
        process = run.start(output)

        def show() -> int:
            code = process.wait()
            output.seek(0)
            print(f"\n{run.title}:", output.read(), sep="\n", flush=True)
            return code

        try:
            yield show
        finally:
            _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    """After Ctrl-C nothing may go on."""
    if process.poll() is None:
        process.terminate()
    process.wait()
