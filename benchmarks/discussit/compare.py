"""DiscussIt on this package beside the same application on Django Channels.

Each version has one core with all its processes, the clients another; PostgreSQL and Redis run
wherever the system puts them and are not counted. A connect is what a page does: on the package it
fetches a token first. A message is stored, then sent to every member.

    python -m benchmarks.discussit.compare [--quick] [--rounds 3]

prints a table and keeps the figures in benchmarks/results/discussit.json.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
from dataclasses import asdict

from benchmarks.discussit.sides import PROCESSES, SIDES, SIZES
from benchmarks.figures import ROOT, keep, spread

CLIENT_CORE = 1
SECONDS = 10.0
QUICK_SECONDS = 0.5


def main() -> None:
    """Alternate between the versions, so that a slow moment of the machine hits both."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="a smoke run that keeps no figures")
    parser.add_argument("--rounds", type=int, default=3, help="how often (default: %(default)s)")
    options = parser.parse_args()
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    rounds: dict[str, list[dict[str, float]]] = {name: [] for name in SIDES}
    for number in range(options.rounds):
        # The order of the sides changes, too.
        for name in list(SIDES) if number % 2 == 0 else list(reversed(SIDES)):
            print(f"round {number + 1}: {name} ...", file=sys.stderr, flush=True)
            rounds[name].append(measure(name, QUICK_SECONDS if options.quick else SECONDS))
    figures = {
        name: {key: spread([one[key] for one in measured]) for key in measured[0]}
        for name, measured in rounds.items()
    }
    if not options.quick:
        command = "python -m benchmarks.discussit.compare"
        kept = {"command": command, "rounds": options.rounds, "processes": PROCESSES}
        keep("discussit", {**kept, "figures": figures})
    print_table(figures)


def measure(name: str, seconds: float) -> dict[str, float]:
    """One round of one version."""
    load = os.getloadavg()[0]
    with SIDES[name]() as running:
        plan = {
            **asdict(running),
            "url": running.socket,
            "core": CLIENT_CORE,
            "sizes": SIZES,
            "seconds": seconds,
        }
        client = subprocess.run(
            [sys.executable, str(ROOT / "benchmarks" / "discussit" / "client.py")],
            input=json.dumps(plan),
            stdout=subprocess.PIPE,
            text=True,
            check=True,
            timeout=900,
        )
    return {"load_average_before": load, **json.loads(client.stdout)}


def print_table(figures: dict[str, dict[str, dict[str, float]]]) -> None:
    """Show the medians of both, and how many times Channels has of what the package has."""
    package, channels = figures["package"], figures["channels"]
    print(f"{'':24} {'package':>10} {'channels':>10} {'ratio':>7}")
    for key in package:
        if key == "load_average_before" or key.startswith("messages"):
            continue
        ours, theirs = package[key]["median"], channels.get(key, {"median": 0.0})["median"]
        ratio = theirs / ours if ours else 0.0
        print(f"{key:24} {ours:10,.1f} {theirs:10,.1f} {ratio:7.2f}")
    for name, processes in PROCESSES.items():
        print(f"{name}: {processes}")


if __name__ == "__main__":
    main()
