"""A minute in which API Gateway throttles, ignores and resets: what the others notice of it.

Each second a broadcast to 200 other sessions, once against a calm server and once against one that
answers 30 % of all posts with 429, 5 % never and closes 1 % of the connections; both take 20
milliseconds otherwise. Whoever met none of that is healthy, and how long the message took from the
beginning of its broadcast is compared. The connections are open before it begins, and the first
second is left out of both. The rest is as in `near_and_far`.

`python -m benchmarks.delivery.storm` keeps benchmarks/results/delivery_storm.json.
"""

import json
import os
import tempfile
import time
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

from benchmarks.delivery import server as delivery_server
from benchmarks.delivery.near_and_far import work
from benchmarks.delivery.server import FAR, STORM
from benchmarks.figures import ROOT, keep, take_no_options

SECONDS = int(os.environ.get("SECONDS", "60"))
SIZE = 200
WARM = 500
"""Sessions that are sent to before the minute begins."""
SILENCE_SECONDS = 15
"""After so long, the server has written down the last post that it ignored."""
TAKEN = {"200", "taken"}


def main() -> None:
    """Calm, then storm, each in a process of its own."""
    with tempfile.TemporaryDirectory() as folder, delivery_server.running(Path(folder)) as server:
        work("ours", ROOT / "src", server, "prepare", str(SECONDS * SIZE + WARM))
        calm, storm = (measure(server, api_id) for api_id in (FAR, STORM))
    ratio = round(storm["healthy_p99_ms"] / calm["healthy_p99_ms"], 2)
    result = {"seconds": SECONDS, "sessions": SECONDS * SIZE, "p99_ratio": ratio}
    result |= {"calm": calm, "storm": storm}
    keep("delivery_storm", result)
    print(json.dumps(result, indent=2))


def measure(server: delivery_server.Server, api_id: str) -> dict[str, Any]:
    """A minute of broadcasts to one API."""
    server.forget()
    told = work("ours", ROOT / "src", server, "steadily", api_id, str(SECONDS), str(SIZE))
    time.sleep(SILENCE_SECONDS)
    server.settle()
    attempts: dict[int, list[tuple[float, str]]] = defaultdict(list)
    for moment, fate, target in server.posts(SECONDS * SIZE):
        number = number_of(target)
        if number <= SECONDS * SIZE:
            attempts[number].append((moment, fate))
    healthy = sorted(
        moment - told["began"][(number - 1) // SIZE]
        for number, tries in attempts.items()
        for moment, fate in tries
        if number > SIZE and len(tries) == 1 and fate in TAKEN
    )
    fates = Counter(fate for tries in attempts.values() for _, fate in tries)
    return {
        "delivered": sum(any(fate in TAKEN for _, fate in tries) for tries in attempts.values()),
        "reported_sent": told["sent"],
        "fates": dict(fates),
        "healthy": len(healthy),
        "healthy_p50_ms": round(healthy[len(healthy) // 2] * 1000, 1),
        "healthy_p99_ms": round(healthy[len(healthy) * 99 // 100] * 1000, 1),
        "grown_mb": round(told["grown_mb"], 1),
    }


def number_of(target: str) -> int:
    """Return the number of a post's session, from 1 on, which stands in its connection id."""
    wire_id = target.rpartition("/")[2].replace("%3D", "").replace("=", "")
    return int(wire_id.removeprefix("L0SM9cOFv"))


if __name__ == "__main__":
    take_no_options(__doc__)
    main()
