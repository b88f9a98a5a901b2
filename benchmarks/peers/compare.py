"""The local gateway beside peers that do the same job: one small chat, one load client.

The peer has one core with all its processes, the client another; databases and Redis run wherever
the system puts them and are not counted. Ours keeps its sessions in PostgreSQL, the peers keep
nothing: its connects, echoes and messages to all carry what that costs.

    python -m benchmarks.peers.compare [--quick] [--peer NAME ...] [--rounds 2]

prints a table and keeps the figures in benchmarks/results/gateway.json.
"""

import argparse
import json
import math
import os
import resource
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

from benchmarks.figures import RESULTS, measured_on, spread
from benchmarks.peers.stacks import PEERS, ROOT, Environment, NotHereError, Peer

PEER_CORE, CLIENT_CORE = 0, 1
RESULT = RESULTS / "gateway.json"


def main() -> None:
    """Go through the peers in every round, so that a slow moment hits them all."""
    options = parse()
    if options.show:
        print_table(json.loads(RESULT.read_text())["figures"])
        return
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    chosen = {name: PEERS[name] for name in options.peer or PEERS}
    rounds: dict[str, list[dict]] = {name: [] for name in chosen}
    with tempfile.TemporaryDirectory() as folder:
        environment = Environment(Path(options.environment or folder), PEER_CORE)
        if not Path(environment.python).exists():
            environment.install()
        for number in range(options.rounds):
            for name, peer in chosen.items():
                print(f"round {number + 1}: {peer.label} ...", file=sys.stderr, flush=True)
                rounds[name].append(measure(environment, peer, is_quick=options.quick))
    figures = {PEERS[name].label: summary(measured) for name, measured in rounds.items()}
    if not options.quick:
        keep_peers(figures, options.rounds)
    print_table(figures)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--peer", action="append", choices=PEERS, help="only this one; repeatable")
    parser.add_argument("--quick", action="store_true", help="a smoke run that keeps no figures")
    parser.add_argument("--show", action="store_true", help="print the figures that are kept")
    parser.add_argument("--rounds", type=int, default=2, help="how often (default: %(default)s)")
    parser.add_argument(
        "--environment", metavar="FOLDER", help="install there, and use what already is there"
    )
    return parser.parse_args()


def measure(environment: Environment, peer: Peer, *, is_quick: bool) -> dict:
    """Everything about one peer; what fails says so in its place."""
    load = os.getloadavg()[0]
    try:
        with peer.run(environment, *peer.options) as running:
            plan = {
                "url": running.url,
                "origin": running.origin,
                "pids": running.pids,
                "backend": running.backend,
                "recorded": running.recorded,
                "core": CLIENT_CORE,
                "connects": 100 if is_quick else 1_000,
                "seconds": 1 if is_quick else 5,
                "rooms": [20] if is_quick else peer.rooms,
                "idle": 100 if is_quick else peer.idle,
            }
            client = subprocess.run(
                [environment.python, str(ROOT / "benchmarks/peers/client.py"), json.dumps(plan)],
                stdout=subprocess.PIPE,
                text=True,
                check=True,
                timeout=600,
            )
    except NotHereError as error:
        return {"skipped": str(error)}
    except subprocess.SubprocessError as error:
        return {"skipped": f"it broke off: {type(error).__name__}"}
    found = {}
    for line in client.stdout.splitlines():
        found |= json.loads(line)
    return {"load_average_before": load, **found}


def summary(rounds: list[dict]) -> dict:
    """The median of the rounds with their spread, part by part; failures as they are."""
    parts = {}
    for name in {name: None for one in rounds for name in one}:
        values = [one[name] for one in rounds if name in one]
        whole = [value for value in values if isinstance(value, dict) and "failed" not in value]
        if whole:
            parts[name] = {key: spread([value[key] for value in whole]) for key in whole[0]}
        elif all(isinstance(value, float) for value in values):
            parts[name] = spread(values)
        else:
            parts[name] = values[0]
    return parts


def keep_peers(figures: dict, rounds: int) -> None:
    """Write the figures down with what they were measured on; peers not chosen stay as they are."""
    about = {**measured_on(), "command": "python -m benchmarks.peers.compare", "rounds": rounds}
    kept = json.loads(RESULT.read_text())["figures"] if RESULT.exists() else {}
    kept |= {label: {**about, **parts} for label, parts in figures.items()}
    labels = {peer.label for peer in PEERS.values()}
    still_peers = {label: parts for label, parts in kept.items() if label in labels}
    RESULT.write_text(json.dumps({"note": NOTE, "figures": still_peers}, indent=2) + "\n")


NOTE = (
    "One core for the peer with all its processes, one for the client; databases and Redis run on "
    "either and are not counted. Ours does its database work in connects, echoes and messages to "
    "all; peers without the same statements keep nothing. deliveries_per_second: 4 messages under "
    "way; last_*: one at a time. What a peer in Python has loaded is frozen: no collection of "
    "garbage goes through it."
)


def print_table(figures: dict) -> None:
    sizes = sorted(
        {int(name[5:]) for parts in figures.values() for name in parts if name.startswith("room")}
    )
    heads = ["connects/s", "echo/s (us in server, ms alone)", "plain HTTP/s (ms alone)", "share"]
    heads += [f"{size}: deliv./s (us) last p50/p99" for size in sizes]
    print(" | ".join([f"{'':40}", *heads, "KiB idle (server)"]))
    for label, parts in figures.items():
        if "skipped" in parts:
            print(f"{label:40} | skipped: {parts['skipped']}")
            continue
        cells = [
            cell(parts, "connect", "{per_second:,.0f}"),
            cell(parts, "echo", "{per_second:,.0f} ({server_cpu_us:,.0f}, {alone_p50_ms:.1f})"),
            cell(parts, "plain HTTP", "{per_second:,.0f} ({alone_p50_ms:.1f})"),
            cell(parts, "echo beside plain HTTP", "{share:.0%}"),
        ]
        form = "{deliveries_per_second:,.0f} ({cpu_us_per_delivery:.0f}) {last_p50_ms:.1f}"
        cells += [cell(parts, f"room {size}", form + "/{last_p99_ms:.1f}") for size in sizes]
        idle = "{kib_each:.1f} ({kib_each_in_server:.1f}) at {connections:.0f}"
        print(" | ".join([f"{label:40}", *cells, cell(parts, "idle", idle)]))


def cell(parts: dict, name: str, form: str) -> str:
    part = parts.get(name)
    if part is None:
        return "-"
    if "failed" in part:
        return f"failed: {part['failed'][:40]}"
    medians = {key: value["median"] for key, value in part.items()}
    # Figures may have been kept before all of it was measured.
    return form.format_map(defaultdict(lambda: math.nan, medians))


if __name__ == "__main__":
    main()
