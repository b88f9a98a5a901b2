"""One process of `near_and_far`, with whichever package is on the path; prints JSON.

`prepare NUMBER` makes the sessions; `send METHOD API [NUMBER]` sends to them once; `steadily API
COUNT SIZE` sends to some of them each second; `enqueue API PER_SECOND` leaves a broadcast to
workers, and `report ID` says how far they are.
"""

import gc
import json
import os
import resource
import sys
import time
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path
from threading import Barrier

import django

from benchmarks.delivery.server import CALM_STAGE, NEAR

# The imports below need this first, hence E402.
django.setup()

from django.db import connection  # noqa: E402

from benchmarks.postgresql import create_database  # noqa: E402
from django_aws_api_gateway_websockets.models import (  # noqa: E402
    ApiGateway,
    WebSocketSession,
)

MESSAGE = {"type": "news", "text": "x" * 170}
WARM = 20
THREADS = 32
"""Of the process that sends steadily, as gunicorn's are."""


def prepare(number: int) -> None:
    """A database of this candidate alone with as many sessions, copied from one inside it."""
    create_database()
    gateway = ApiGateway(
        api_name="Bench",
        api_id=NEAR,
        stage_name="production",
        target_base_endpoint="https://www.example.com/ws/",
    )
    gateway.save()
    WebSocketSession.objects.create(
        connection_id="L0SM9cOFv0000001=", api_gateway=gateway, channel_name="general"
    )
    table = WebSocketSession._meta.db_table
    copied = ", ".join(
        f'"{field.column}"'
        for field in WebSocketSession._meta.concrete_fields
        if field.column not in {"id", "connection_id"}
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} (connection_id, {copied}) "
            f"SELECT 'L0SM9cOFv' || lpad(number::text, 7, '0') || '=', {copied} "
            f"FROM {table}, generate_series(2, {number}) AS number"
        )
        cursor.execute(f"VACUUM ANALYZE {table}")


def send(method: str, api_id: str, number: int | None) -> dict[str, float]:
    """Send once from a process that has sent before, as a worker of a site has."""
    os.sched_setaffinity(0, {0})
    # Without save(), which would tell AWS.
    ApiGateway.objects.update(api_id=api_id)
    first = WebSocketSession.objects.order_by("pk").values_list("pk", flat=True)[0]
    everybody = WebSocketSession.objects.filter(channel_name="general")
    if number is not None:
        everybody = everybody.filter(pk__lt=first + number)
    getattr(everybody.filter(pk__lt=first + WARM), method)(MESSAGE)
    keep_out_of_collections()
    before = resource.getrusage(resource.RUSAGE_SELF)
    resident = resident_mb()
    began, clock = time.time(), time.perf_counter()
    answer = getattr(everybody, method)(MESSAGE)
    seconds = time.perf_counter() - clock
    after = resource.getrusage(resource.RUSAGE_SELF)
    sent = getattr(answer, "sent", None)
    return {
        "began": began,
        "seconds": seconds,
        "cpu_seconds": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
        "sent": len(answer) if sent is None else sent,
        "resident_before_mb": resident,
        "peak_mb": after.ru_maxrss / 1024,
    }


def steadily(api_id: str, count: int, size: int) -> dict[str, object]:
    """Each second a broadcast to the next sessions, however long those before it take.

    All sessions beyond those are sent to beforehand, by every thread.
    """
    first = WebSocketSession.objects.order_by("pk").values_list("pk", flat=True)[0]
    began, all_here = [], Barrier(THREADS)

    def send_to(start: int):
        began.append(time.time())
        some = WebSocketSession.objects.filter(pk__gte=start, pk__lt=start + size)
        return some.broadcast(MESSAGE)

    def warm_up() -> None:
        all_here.wait()
        WebSocketSession.objects.filter(pk__gte=first + count * size).broadcast(MESSAGE)

    with ThreadPoolExecutor(THREADS) as threads:
        # As many connections as a broadcast uses belong to every process that sends, and one to the
        # database to every thread.
        ApiGateway.objects.update(api_id=api_id, stage_name=CALM_STAGE)
        wait([threads.submit(warm_up) for _ in range(THREADS)])
        ApiGateway.objects.update(stage_name="production")
        keep_out_of_collections()
        resident, due, sent = resident_mb(), time.monotonic(), []
        for number in range(count):
            time.sleep(max(0.0, due - time.monotonic()))
            sent.append(threads.submit(send_to, first + number * size))
            due += 1.0
        reports = [broadcast.result() for broadcast in sent]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {
        "began": began,
        "sent": sum(report.sent for report in reports),
        "grown_mb": peak - resident,
    }


def keep_out_of_collections() -> None:
    """Keep garbage collection off what is there, as servers do after their start.

    A full collection goes through all of Django, which takes a tenth of a second. Whether one falls
    into a measurement would depend on what has been imported.
    """
    gc.collect()
    gc.freeze()


def resident_mb() -> float:
    """Memory of this process now."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


def enqueue(api_id: str, per_second: int) -> dict[str, str]:
    """Leave a broadcast to everybody to workers."""
    ApiGateway.objects.update(api_id=api_id)
    queued = WebSocketSession.objects.enqueue_broadcast(MESSAGE, id_key="id", per_second=per_second)
    return {"id": str(queued.id)}


def report(broadcast_id: str) -> dict[str, object]:
    """Report what has become of it so far."""
    from django_aws_api_gateway_websockets.models import QueuedBroadcast

    return dict(QueuedBroadcast.objects.get(pk=broadcast_id).report().as_dict())


def main() -> None:
    """Do what the command line says."""
    match sys.argv[1:]:
        case ["prepare", number]:
            prepare(int(number))
        case ["send", method, api_id, *rest]:
            print(json.dumps(send(method, api_id, int(rest[0]) if rest else None)))
        case ["steadily", api_id, count, size]:
            print(json.dumps(steadily(api_id, int(count), int(size))))
        case ["enqueue", api_id, per_second]:
            print(json.dumps(enqueue(api_id, int(per_second))))
        case ["report", broadcast_id]:
            print(json.dumps(report(broadcast_id)))


if __name__ == "__main__":
    main()
