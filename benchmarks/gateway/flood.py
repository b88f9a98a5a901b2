"""The harm a client that floods does to the others, with and without a limit (E37).

Twenty clients say something twenty times a second and wait for the answer; meanwhile one more sends
10,000 messages a second, and comes back at once whenever it is closed. The gateway has one core;
nginx, which stands for Django, the clients and the flood have the other.

    python -m benchmarks.gateway.flood

prints the slowest hundredth of the answers, calm and flooded, and keeps the figures in
benchmarks/results/gateway_flood.json.
"""

import os
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks.figures import keep, spread, take_no_options
from benchmarks.gateway.alone import (
    OTHER_CORE,
    Client,
    connect,
    deploy,
    running_gateway,
    running_nginx,
    text_frame,
)

LIMIT = 50
FLOOD_PER_SECOND = 10_000
FLOODS = "--flood"
"""Says to the process that this starts whom it is to flood; not for people."""
TALKERS = 20
PAUSE_SECONDS = 0.05
SECONDS = 5.0
ROUNDS = 5


def main() -> None:
    """Calm and flood in turn, first behind a limit, then without one."""
    os.sched_setaffinity(0, {OTHER_CORE})
    figures = {}
    for name, options in {
        f"limit of {LIMIT} a second": ["--messages-per-second", str(LIMIT)],
        "no limit": [],
    }.items():
        rounds = []
        with running_nginx() as backend, running_gateway(*options) as (url, _):
            api = deploy(url, backend)
            for _ in range(ROUNDS):
                calm = p99_ms(api)
                with flood(api):
                    flooded = p99_ms(api)
                rounds.append({"calm": calm, "flooded": flooded, "ratio": flooded / calm})
        figures[name] = {key: spread([one[key] for one in rounds]) for key in rounds[0]}
        medians = {key: values["median"] for key, values in figures[name].items()}
        print(
            f"{name:22} p99 {medians['calm']:6.2f} ms calm, {medians['flooded']:6.2f} ms flooded: "
            f"x {medians['ratio']:.2f}"
        )
    keep("gateway_flood", {"command": "python -m benchmarks.gateway.flood", "figures": figures})


def p99_ms(api: str) -> float:
    """The time that all but a hundredth of the answers took at most."""
    taken: list[float] = []

    def talk(client: Client, delay: float) -> None:
        time.sleep(delay)
        end = time.perf_counter() + SECONDS
        while time.perf_counter() < end:
            begun = time.perf_counter()
            client.ask()
            taken.append(time.perf_counter() - begun)
            time.sleep(PAUSE_SECONDS)

    clients = [connect(api) for _ in range(TALKERS)]
    threads = [
        threading.Thread(target=talk, args=(client, number * PAUSE_SECONDS / TALKERS))
        for number, client in enumerate(clients)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for client in clients:
        client.socket.close()
    return statistics.quantiles(taken, n=100)[98] * 1000


@contextmanager
def flood(api: str) -> Iterator[None]:
    """Somebody who floods from a process of its own, for as long as the block lasts."""
    process = subprocess.Popen([sys.executable, "-m", "benchmarks.gateway.flood", FLOODS, api])
    try:
        yield
    finally:
        process.kill()
        process.wait()


def keep_flooding(api: str) -> None:
    """Send at the rate, a hundredth of a second's worth at a time."""
    frames = text_frame('{"action": "echo", "text": "more"}') * (FLOOD_PER_SECOND // 100)
    while True:
        client = connect(api)
        due = time.perf_counter()
        try:
            while True:
                client.socket.settimeout(1)
                client.socket.sendall(frames)
                client.drop_what_came()
                due += 0.01
                time.sleep(max(0.0, due - time.perf_counter()))
        except OSError:
            client.socket.close()


if __name__ == "__main__":
    if sys.argv[1:2] == [FLOODS]:
        keep_flooding(sys.argv[2])
    else:
        take_no_options(__doc__)
        main()
