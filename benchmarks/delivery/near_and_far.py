"""The cost of a message to 20,000 sessions: ours beside the released 4.1.0, over TLS.

End to end: a queryset in PostgreSQL, the documented call, and nginx under the host name of API
Gateway (`server`), which notes when each post was answered. Both run in the same rounds,
each in processes and in a database of its own. Needs root, nginx and openssl.
`python -m benchmarks.delivery.near_and_far` prints a table and keeps it in
benchmarks/results/delivery.json.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.delivery import server as delivery_server
from benchmarks.delivery.server import FAR, NEAR
from benchmarks.figures import ROOT, keep, spread, take_beside
from benchmarks.release import RELEASE, install_release

ROUNDS = int(os.environ.get("ROUNDS", "5"))
SESSIONS = 20_000
WARM = 20
CANDIDATES = (("ours", "broadcast"), ("ours", "send_message"), (RELEASE, "send_message"))
SERVERS = {"no latency": NEAR, "20 ms": FAR}


def main(beside: Path | None) -> None:
    """Alternate between the candidates, so that a slow moment of the machine hits all."""
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as release:
        install_release(Path(release))
        packages = {"ours": ROOT / "src", RELEASE: Path(release)}
        candidates = list(CANDIDATES)
        if beside is not None:
            packages["beside"] = beside
            candidates += [("beside", method) for name, method in CANDIDATES if name == "ours"]
        with delivery_server.running(Path(folder)) as server:
            for name, package in packages.items():
                work(name, package, server, "prepare", str(SESSIONS))
            rows = []
            for _ in range(ROUNDS):
                for latency, api_id in SERVERS.items():
                    for name, method in candidates:
                        row = measure(server, (name, packages[name]), method, api_id)
                        rows.append({"candidate": f"{name} {method}", "server": latency, **row})
                        print(rows[-1], flush=True)
    figures = summary(rows)
    keep("delivery", {"sessions": SESSIONS, "rounds": ROUNDS, "figures": figures})
    print_table(figures)


def work(name: str, package: Path, server: delivery_server.Server, *arguments: str) -> dict:
    """Run a process of one candidate, and return what it prints."""
    command = [sys.executable, str(ROOT / "benchmarks" / "delivery" / "worker.py"), *arguments]
    variables = environment(name, package, server)
    finished = subprocess.run(
        command, env=variables, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True
    )
    return json.loads(finished.stdout or "{}")


def environment(name: str, package: Path, server: delivery_server.Server) -> dict[str, str]:
    """The environment of one candidate's processes."""
    return {
        **os.environ,
        "DATABASE": "postgresql",
        "DATABASE_NAME": f"bench_delivery_{name.replace('.', '_')}",
        "DJANGO_SETTINGS_MODULE": "tests.project.settings",
        "PYTHONPATH": os.pathsep.join([str(package), str(ROOT)]),
        "AWS_CA_BUNDLE": str(server.certificate),
        "TESTS_ACCESS_KEY_ID": "AKIDEXAMPLE",
        "TESTS_SECRET_ACCESS_KEY": "a-secret-for-tests",
    }


def measure(
    server: delivery_server.Server, candidate: tuple[str, Path], method: str, api_id: str
) -> dict[str, float]:
    """One broadcast to everybody."""
    server.forget()
    told = work(*candidate, server, "send", method, api_id)
    posts = [moment for moment, status, _ in server.posts(SESSIONS + WARM) if status == "200"]
    # The log knows milliseconds; the posts that warmed the process up came first.
    moments = sorted(posts)[WARM:]
    assert (len(moments), told["sent"]) == (SESSIONS, SESSIONS), (len(moments), told)
    return {
        "posts_per_second": SESSIONS / told["seconds"],
        "cpu_us_per_post": told["cpu_seconds"] / SESSIONS * 1e6,
        "peak_mb": told["peak_mb"],
        "grown_mb": told["peak_mb"] - told["resident_before_mb"],
        "first_ms": (moments[0] - told["began"]) * 1000,
        "last_s": moments[-1] - told["began"],
        "load": os.getloadavg()[0],
    }


def summary(rows: list[dict]) -> dict[str, dict[str, dict[str, dict[str, float]]]]:
    """Median, least and most of every figure, by server and candidate."""
    figures: dict = {latency: {} for latency in SERVERS}
    for latency in SERVERS:
        for candidate in dict.fromkeys(row["candidate"] for row in rows):
            same = [r for r in rows if (r["server"], r["candidate"]) == (latency, candidate)]
            figures[latency][candidate] = {
                name: spread([row[name] for row in same])
                for name in same[0]
                if name not in {"server", "candidate"}
            }
    return figures


def print_table(figures: dict) -> None:
    """Medians, and what they are in relation to the release."""
    print(f"{'':34} {'posts/s':>8} {'us CPU':>7} {'grown MB':>8} {'first ms':>8} {'last s':>7}")
    for latency, candidates in figures.items():
        for name, one in candidates.items():
            released = candidates[f"{RELEASE} send_message"]
            cells = [one[key]["median"] for key in COLUMNS]
            faster = cells[0] / released["posts_per_second"]["median"]
            cheaper = released["cpu_us_per_post"]["median"] / cells[1]
            print(
                f"{latency:11} {name:22} {cells[0]:8.0f} {cells[1]:7.1f} {cells[2]:8.1f}"
                f" {cells[3]:8.0f} {cells[4]:7.2f}  x{faster:.1f}, CPU 1/{cheaper:.1f}"
            )


COLUMNS = ("posts_per_second", "cpu_us_per_post", "grown_mb", "first_ms", "last_s")

if __name__ == "__main__":
    main(take_beside(__doc__))
