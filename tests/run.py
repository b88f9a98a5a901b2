"""The whole suite on SQLite, and at the same time each test of the database on every server.

`make test` calls this. Further arguments go to pytest. Under CI a missing browser or server is a
failure; elsewhere it is said plainly.
"""

import os
import shutil
import socket
import subprocess
import sys

from tests.conformance.autobahn.suite import find_python
from tests.databases import SERVERS
from tests.side_by_side import Run, exit_code_of_all

APT = ["apt-get", "install", "-y", "-qq", "chromium"]
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")

REDIS_PORT = 6379

WORKERS = ("--numprocesses", "3", "--dist", "worksteal")
"""Processes for the longest run: one more than cores, as a test waits for much of its time."""


def main(arguments: list[str]) -> int:
    """Run everything; the exit code is that of the first run that failed."""
    missing = []
    if not ensure_chromium():
        missing.append("Chromium (apt-get install chromium): the browser tests fail without it")
    here = [server for server in SERVERS if answers(server.port)]
    missing += [
        f"{server.title} at 127.0.0.1:{server.port}: not tested on it"
        for server in SERVERS
        if server not in here
    ]
    everything = [*WORKERS, *arguments]
    code = exit_code_of_all(
        Run("SQLite (everything)", sys.executable, everything, {"DATABASE": "sqlite"}),
        [
            Run(
                one.title,
                sys.executable,
                ["-m", "database", *arguments],
                {"DATABASE": one.database},
            )
            for one in here
        ],
    )
    if not answers(REDIS_PORT):
        missing.append(f"Redis at 127.0.0.1:{REDIS_PORT}: broadcasts by Celery are not tested")
    if find_python() is None:
        missing.append("CPython 2.7, as python2.7 or in pyenv: Autobahn|Testsuite did not run")
    if shutil.which("node") is None:
        missing.append("Node 20 or later, as node: the browser client's own tests did not run")
    for line in missing:
        print(f"Missing: {line}.")
    if missing and os.environ.get("CI"):
        print("Under CI nothing may be missing.")
        return code or 1
    return code


def ensure_chromium() -> bool:
    """Find the browser, or install it where that is possible."""
    if any(shutil.which(name) for name in CHROMIUM_NAMES):
        return True
    if not shutil.which("apt-get") or os.geteuid() != 0:
        return False
    print("Installing Chromium with apt-get ...", flush=True)
    subprocess.run(["apt-get", "update", "-qq"], check=False)
    return subprocess.run(APT, check=False, stdout=subprocess.DEVNULL).returncode == 0


def answers(port: int) -> bool:
    """Tell whether a server listens on this port of this machine."""
    with socket.socket() as probe:
        probe.settimeout(2)
        return probe.connect_ex(("127.0.0.1", port)) == 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
