"""Autobahn|Testsuite as a process: the judge of our frames that others wrote.

It runs on CPython 2.7 only, so it gets an environment of its own, kept in `.tools`.

Source: https://github.com/crossbario/autobahn-testsuite
"""

import fcntl
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.gateway.processes import has_spoken

ROOT = Path(__file__).parents[3]
REQUIREMENTS = ROOT / "requirements" / "autobahn.txt"
ENVIRONMENT = ROOT / ".tools" / "autobahn"
INSTALL_SECONDS = 180
RUN_SECONDS = 110

PASSED = frozenset({"OK", "NON-STRICT", "INFORMATIONAL", "UNIMPLEMENTED"})
"""The suite's verdicts that are not a failure."""


@dataclass(frozen=True)
class Verdict:
    """The suite's verdict on one case."""

    behavior: str
    on_close: str
    close_code: int | None

    @property
    def is_passed(self) -> bool:
        return self.behavior in PASSED and self.on_close in PASSED


def find_python() -> str | None:
    """Path of a CPython 2.7, or None."""
    in_pyenv = sorted(Path.home().glob(".pyenv/versions/2.7.*/bin/python"))
    for candidate in (*map(str, in_pyenv), shutil.which("python2.7")):
        if (
            candidate is not None
            and subprocess.run(
                [candidate, "--version"], check=False, capture_output=True
            ).returncode
            == 0
        ):
            return candidate
    return None


def installed_suite(python: str) -> Path:
    """The suite's command, installed if it is not there yet."""
    ENVIRONMENT.parent.mkdir(exist_ok=True)
    with (ENVIRONMENT.parent / "autobahn.lock").open("w") as lock:
        # Runs of the suite go on side by side.
        fcntl.flock(lock, fcntl.LOCK_EX)
        return _installed_by_one(python)


def _installed_by_one(python: str) -> Path:
    command = ENVIRONMENT / "bin" / "wstest"
    mark = ENVIRONMENT / REQUIREMENTS.name
    if mark.exists() and mark.read_bytes() == REQUIREMENTS.read_bytes():
        return command
    shutil.rmtree(ENVIRONMENT, ignore_errors=True)
    virtualenv = ENVIRONMENT / "virtualenv"
    _run([python, "-m", "pip", "install", "--target", str(virtualenv), "virtualenv==20.15.1"])
    _run([python, "-m", "virtualenv", str(ENVIRONMENT)], PYTHONPATH=str(virtualenv))
    _run([str(ENVIRONMENT / "bin" / "pip"), "install", "--requirement", str(REQUIREMENTS)])
    shutil.copyfile(REQUIREMENTS, mark)
    return command


def _run(command: list[str], **environment: str) -> None:
    finished = subprocess.run(
        command,
        env={**os.environ, **environment},
        check=False,
        timeout=INSTALL_SECONDS,
        capture_output=True,
        text=True,
    )
    assert finished.returncode == 0, finished.stderr


@contextmanager
def echo_server(profile: str) -> Iterator[int]:
    """The server under test, a process of its own; gives its port."""
    command = [sys.executable, "-m", "tests.conformance.autobahn.echo", profile]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as server:
        try:
            assert server.stdout is not None
            assert has_spoken(server.stdout, 30), "the echo server said nothing in time"
            yield int(server.stdout.readline())
            assert server.poll() is None, "the echo server died under the suite"
        finally:
            server.kill()


def verdicts(wstest: Path, folder: Path, profile: str, cases: list[str]) -> dict[str, Verdict]:
    """Run cases against a profile of the server; what the suite says of each."""
    with echo_server(profile) as port:
        specification = {
            "outdir": str(folder / "reports"),
            "servers": [{"agent": "ours", "url": f"ws://127.0.0.1:{port}"}],
            "cases": cases,
            "exclude-cases": [],
            "exclude-agent-cases": {},
        }
        (folder / "spec.json").write_text(json.dumps(specification))
        subprocess.run(
            [str(wstest), "-m", "fuzzingclient", "-s", str(folder / "spec.json")],
            cwd=folder,
            check=True,
            timeout=RUN_SECONDS,
            capture_output=True,
        )
    # The exit code is 0 whatever failed.
    index = json.loads((folder / "reports" / "index.json").read_text())["ours"]
    return {
        case: Verdict(said["behavior"], said["behaviorClose"], said["remoteCloseCode"])
        for case, said in index.items()
    }
