"""The cost of connect, message and disconnect in Django: ours beside the released 4.1.0.

Both run in the same rounds against PostgreSQL, each in a process of its own, through Django's test
client with the same requests. `python -m benchmarks.events.cost` prints a table and keeps the
figures in benchmarks/results/django_events.json.
"""

import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.figures import ROOT, keep, take_beside
from benchmarks.release import RELEASE, install_release

ROUNDS = 5
EVENTS = ("connect with token", "connect", "message", "disconnect")


def main(beside: Path | None) -> None:
    """Alternate between the candidates, so that a slow moment of the machine hits all."""
    with tempfile.TemporaryDirectory() as folder:
        install_release(Path(folder))
        paths = {"ours": ROOT / "src", RELEASE: Path(folder)}
        if beside is not None:
            paths["beside"] = beside
        rounds = {name: [] for name in paths}
        for _ in range(ROUNDS):
            for name, path in paths.items():
                rounds[name].append(measure(name, path))
    figures = {name: summary(measured) for name, measured in rounds.items()}
    keep("django_events", {"rounds": ROUNDS, "figures": figures})
    for name in figures:
        if name != "ours":
            print_table(figures, name)


def measure(name: str, path: Path, **variables: str) -> dict[str, dict[str, float]]:
    """One round of one candidate in a process of its own, with these in its environment."""
    environment = {
        **os.environ,
        **variables,
        "DATABASE": "postgresql",
        "DATABASE_NAME": re.sub(r"\W", "_", f"bench_{name}"),
        "DJANGO_SETTINGS_MODULE": "tests.project.settings",
        "PYTHONPATH": os.pathsep.join([str(path), str(ROOT)]),
    }
    command = [sys.executable, str(ROOT / "benchmarks" / "events" / "worker.py")]
    finished = subprocess.run(
        command, env=environment, cwd=ROOT, check=True, capture_output=True, text=True
    )
    return json.loads(finished.stdout)


def summary(rounds: list[dict[str, dict[str, float]]]) -> dict[str, dict[str, float]]:
    """The median of the rounds, with the spread of their times."""
    return {
        event: {
            "statements": statistics.median(one[event]["statements"] for one in rounds),
            "ms": statistics.median(one[event]["ms"] for one in rounds),
            "ms_min": min(one[event]["ms"] for one in rounds),
            "ms_max": max(one[event]["ms"] for one in rounds),
        }
        for event in EVENTS
    }


def print_table(figures: dict[str, dict[str, dict[str, float]]], other: str) -> None:
    """Statements and milliseconds, and how many times faster ours is."""
    print(f"beside {other}:")
    print(f"{'':20} {'statements':>16} {'median ms':>16} {'ratio':>6}")
    for event in EVENTS:
        ours, theirs = figures["ours"][event], figures[other][event]
        print(
            f"{event:20} {ours['statements']:7.0f} {theirs['statements']:8.0f}"
            f" {ours['ms']:7.2f} {theirs['ms']:8.2f} {theirs['ms'] / ours['ms']:6.2f}"
        )


if __name__ == "__main__":
    main(take_beside(__doc__))
