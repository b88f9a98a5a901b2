"""Workers killed five times in the middle of a broadcast to 100,000 sessions: who gets what.

Two workers of `manage.py deliverWebSocketBroadcasts` share the broadcast, and SIGKILL hits one
after the other; each is replaced at once. The rest is as in `near_and_far`. `python -m
benchmarks.delivery.kills` keeps benchmarks/results/delivery_kills.json.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from benchmarks.delivery import server as delivery_server
from benchmarks.delivery.near_and_far import environment, work
from benchmarks.delivery.server import WATCHED
from benchmarks.figures import ROOT, keep, take_no_options

SESSIONS = 100_000
KILLS = 5
WORKERS = 2
PER_SECOND = 4000
POOL = 256
DELIVER = [sys.executable, "-m", "django", "deliverWebSocketBroadcasts", "--watch"]


def main() -> None:
    """Queue, kill, wait for the end, and compare the report with what arrived."""
    os.environ["WEBSOCKETS"] = json.dumps({"broadcast_claim_seconds": 3})
    with (
        tempfile.TemporaryDirectory() as folder,
        delivery_server.running(Path(folder)) as server,
    ):
        work("ours", ROOT / "src", server, "prepare", str(SESSIONS))
        variables = environment("ours", ROOT / "src", server)
        queued = work("ours", ROOT / "src", server, "enqueue", WATCHED, str(PER_SECOND))["id"]
        workers = [subprocess.Popen(DELIVER, cwd=ROOT, env=variables) for _ in range(WORKERS)]
        try:
            for kill in range(1, KILLS + 1):
                server.posts(SESSIONS * kill // (KILLS + 1))
                victim = workers.pop(0)
                victim.kill()
                victim.wait()
                workers.append(subprocess.Popen(DELIVER, cwd=ROOT, env=variables))
            report = finished_report(server, queued)
        finally:
            for worker in workers:
                worker.terminate()
                worker.wait()
        result = compared(report, server, queued)
    keep("delivery_kills", {"sessions": SESSIONS, "kills": KILLS, "workers": WORKERS, **result})
    print(json.dumps(result, indent=2))


def finished_report(server: delivery_server.Server, queued: str) -> dict:
    """The report, once it says that the broadcast is finished."""
    while True:
        report = work("ours", ROOT / "src", server, "report", queued)
        if report["is_finished"]:
            return report
        time.sleep(1)


def compared(report: dict, server: delivery_server.Server, queued: str) -> dict:
    """Compare what arrived with what the report says."""
    server.settle()
    times: Counter[str] = Counter()
    ids: Counter[bool] = Counter()
    for _, status, rest in server.posts(SESSIONS):
        assert status == "200", status
        target, _, body = rest.partition(" ")
        times[target] += 1
        ids[queued in body] += 1
    repeats = sum(times.values()) - len(times)
    assert set(ids) == {True}, ids
    return {
        "missed": SESSIONS - len(times),
        "repeated": repeats,
        "most_times_for_one": max(times.values()),
        "repeats_allowed": KILLS * POOL,
        "report_sent": report["sent"],
        "report_missed": report["missed"],
        "report_possibly_repeated": report["possibly_repeated"],
        "posts_under_the_same_id": ids[True],
        "seconds": report["seconds"],
    }


if __name__ == "__main__":
    take_no_options(__doc__)
    main()
