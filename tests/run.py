"""The whole suite on SQLite, and at the same time what uses the database on servers that answer.

Most of the time tests wait for something real, so the runs hardly take from each other. What the
second and the third print is shown once the first is done.

`make test` calls this. Further arguments go to pytest. Under CI a missing browser or server is a
failure; elsewhere it is said plainly.
"""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import IO

from tests.conformance.autobahn.suite import find_python

APT = ["apt-get", "install", "-y", "-qq", "chromium"]
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")


@dataclass(frozen=True, slots=True)
class Server:
    """A database server the suite is repeated on."""

    database: str
    name: str
    port: int


SERVERS = (
    Server("postgresql", "PostgreSQL", int(os.environ.get("PGPORT", "5432"))),
    Server("mariadb", "MariaDB or MySQL", int(os.environ.get("MYSQL_PORT", "3306"))),
)

REDIS_PORT = 6379


def main(arguments: list[str]) -> int:
    """Run everything; the exit code is that of the first run that failed."""
    missing = []
    if not ensure_chromium():
        missing.append("Chromium (apt-get install chromium): the browser tests fail without it")
    here = [server for server in SERVERS if answers(server.port)]
    missing += [
        f"{server.name} at 127.0.0.1:{server.port}: not tested on it"
        for server in SERVERS
        if server not in here
    ]
    with ExitStack() as stack:
        others = [stack.enter_context(background_run(server, arguments)) for server in here]
        names = ", ".join(["SQLite (everything)", *(server.name for server in here)])
        print(f"\nTesting on {names} ...", flush=True)
        codes = [run_pytest("sqlite", arguments).wait(), *(show() for show in others)]
    if not answers(REDIS_PORT):
        missing.append(f"Redis at 127.0.0.1:{REDIS_PORT}: broadcasts by Celery are not tested")
    if find_python() is None:
        missing.append("CPython 2.7, as python2.7 or in pyenv: Autobahn|Testsuite did not run")
    for line in missing:
        print(f"Missing: {line}.")
    if missing and os.environ.get("CI"):
        print("Under CI nothing may be missing.")
        codes.append(1)
    return next((code for code in codes if code), 0)


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
    """Whether a server listens on this port of this machine."""
    with socket.socket() as probe:
        probe.settimeout(2)
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def background_run(server: Server, arguments: list[str]) -> Iterator[Callable[[], int]]:
    """What uses the database, on this server; gives what waits for the end and shows it."""
    with tempfile.TemporaryFile("w+") as output:
        run = run_pytest(server.database, ["-m", "database", *arguments], stdout=output)

        def show() -> int:
            code = run.wait()
            output.seek(0)
            print(f"\nOn {server.name}:", output.read(), sep="\n", flush=True)
            return code

        try:
            yield show
        finally:
            run.terminate()
            run.wait()


def run_pytest(
    database: str, arguments: list[str], stdout: IO[str] | None = None
) -> subprocess.Popen[bytes]:
    """One run of pytest on this database."""
    command = [sys.executable, "-m", "pytest", "-q", *arguments]
    environment = {**os.environ, "DATABASE": database}
    return subprocess.Popen(command, env=environment, stdout=stdout, stderr=stdout)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
