"""The gain of the two parts that are only fast: with each of them, and with it switched off.

`kept-sql` is measured by events in Django on PostgreSQL, `posts-at-once` by the posts of broadcasts
to a gateway. Both ways take turns. `python -m benchmarks.switches` prints a table and keeps the
figures in benchmarks/results/switches.json. nginx has to be installed (Debian: nginx-light).
"""

import json
import os
import statistics
import subprocess
import sys

from benchmarks.events import cost
from benchmarks.figures import ROOT, keep, take_no_options
from benchmarks.gateway import alone

SWITCH = "WEBSOCKETS_SWITCHED_OFF"
ROUNDS = 5
SOCKETS = 500

Figures = dict[str, float]


def main() -> None:
    """Measure each part in turn with it and without it, and print what it gains."""
    rounds: dict[str, dict[str, list[Figures]]] = {
        "kept-sql": {"on": [], "off": []},
        "posts-at-once": {"on": [], "off": []},
    }
    for _ in range(ROUNDS):
        for state in ("on", "off"):
            rounds["kept-sql"][state].append(events(is_off=state == "off"))
            rounds["posts-at-once"][state].append(posts(is_off=state == "off"))
    figures = {
        part: {state: medians(measured) for state, measured in states.items()}
        for part, states in rounds.items()
    }
    keep("switches", {"rounds": ROUNDS, "figures": figures})
    print(f"{'median':38} {'on':>9} {'off':>9} {'off / on':>9}")
    for part, states in figures.items():
        for name, with_it in states["on"].items():
            without = states["off"][name]
            print(f"{part + ': ' + name:38} {with_it:9.2f} {without:9.2f} {without / with_it:9.2f}")


def events(*, is_off: bool) -> Figures:
    """Milliseconds of each kind of event."""
    name = "without kept SQL" if is_off else "kept SQL"
    measured = cost.measure(name, ROOT / "src", **{SWITCH: "kept-sql" if is_off else ""})
    return {f"{event}, ms": measured[event]["ms"] for event in cost.EVENTS}


def posts(*, is_off: bool) -> Figures:
    """Time of a post, for whoever sends and in the gateway."""
    finished = subprocess.run(
        [sys.executable, "-m", "benchmarks.switches", "--posts"],
        env={**os.environ, SWITCH: "posts-at-once" if is_off else ""},
        cwd=ROOT,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    measured: Figures = json.loads(finished.stdout)
    return measured


def measure_posts() -> None:
    """Print the figures of one gateway, as the environment has it."""
    os.sched_setaffinity(0, {alone.OTHER_CORE})
    with alone.running_nginx() as backend, alone.running_gateway() as (url, pid):
        api = alone.deploy(url, backend)
        clients = [alone.connect(api) for _ in range(SOCKETS)]
        figures = alone.posts(api, clients, pid)
    passed_us = 1e6 / figures["posts_per_second"]
    print(json.dumps({"post, us": passed_us, "post, us of CPU": figures["cpu_us_per_post"]}))


def medians(measured: list[Figures]) -> Figures:
    """The median of each figure."""
    return {name: statistics.median(one[name] for one in measured) for name in measured[0]}


if __name__ == "__main__":
    if sys.argv[1:] == ["--posts"]:
        measure_posts()
    else:
        take_no_options(__doc__)
        main()
