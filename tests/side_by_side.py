"""Runs of the suite, all at the same time: for half of its time a test waits for something real.

The first is seen as it goes. The output of the others is shown once they are done. The few tests
that fail beside others get a second try alone, and are named whatever comes of it: a machine that
stalls for seconds is no fault of the code, and must not hide one either.
"""

import json
import os
import re
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final

import pytest

__all__ = ["Run", "exit_code_of_all"]

ROOT = Path(__file__).parents[1]

MOST_SECOND_TRIES: Final = 5
"""Failures of one run up to which a busy machine is believed to be their cause."""

ALONE: Final = ("--numprocesses", "0", "--last-failed", "--last-failed-no-failures", "none")


@dataclass(frozen=True)
class Run:
    """One run of pytest."""

    title: str
    python: str
    arguments: Sequence[str]
    variables: Mapping[str, str] = field(default_factory=dict)

    @property
    def cache(self) -> Path:
        """Folder in which pytest keeps the failures of this run, and of no other."""
        return ROOT / ".pytest_cache" / re.sub(r"\W+", "-", self.title)

    @property
    def failed(self) -> list[str]:
        """Names of the tests that failed."""
        noted = self.cache / "v" / "cache" / "lastfailed"
        return sorted(json.loads(noted.read_text())) if noted.exists() else []

    def start(self, *more: str, output: IO[str] | None = None) -> subprocess.Popen[bytes]:
        """Begin; what it prints goes to a file, or is seen."""
        cache = ("-o", f"cache_dir={self.cache}")
        return subprocess.Popen(
            [self.python, "-m", "pytest", "-q", *self.arguments, *cache, *more],
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
            waiting.append((run, output, _started(run, stack, "--cache-clear", output=output)))
        codes = [(first, _started(first, stack, "--cache-clear").wait())]
        for run, output, process in waiting:
            codes.append((run, process.wait()))
            output.seek(0)
            print(f"\n{run.title}:\n{output.read()}", flush=True)
        judged = [_second_try(run, code, stack) for run, code in codes]
    return next((code for code in judged if code), 0)


def _second_try(run: Run, code: int, stack: ExitStack) -> int:
    """Return the exit code of a run, after its few failures were tried again."""
    failed = run.failed
    if code != pytest.ExitCode.TESTS_FAILED or not 0 < len(failed) <= MOST_SECOND_TRIES:
        return code
    names = "\n".join(f"  {name}" for name in failed)
    print(f"\n{run.title}: failed beside others, tried again alone:\n{names}", flush=True)
    second = _started(run, stack, *ALONE).wait()
    if second == pytest.ExitCode.OK:
        print(f"{run.title}: passed alone, so a busy machine or a race upsets:\n{names}")
    return second


def _started(
    run: Run, stack: ExitStack, *more: str, output: IO[str] | None = None
) -> subprocess.Popen[bytes]:
    process = run.start(*more, output=output)
    # After Ctrl-C nothing may go on.
    stack.callback(_end, process)
    return process


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.terminate()
    process.wait()
