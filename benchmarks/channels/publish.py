"""The cost of a publish beside that of `send_message` to the same audience, in one process.

10,000 sessions in PostgreSQL are each in five channels besides their default channel. A small HTTP
server takes the posts; what is compared is the CPU time of the process that sends, in turns.
`python -m benchmarks.channels.publish` prints a table and keeps it in
benchmarks/results/channels_publish.json.
"""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable

os.environ.setdefault("DATABASE", "postgresql")
os.environ.setdefault("DATABASE_NAME", "bench_channels")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.project.settings")

import django

django.setup()

# ruff: noqa: E402 - Django has to be set up before its models can be imported.

from django.conf import settings
from django.db import connection

from benchmarks.figures import keep, take_no_options
from benchmarks.postgresql import create_database, drop_database
from django_aws_api_gateway_websockets import channels
from django_aws_api_gateway_websockets.models import ApiGateway, Subscription, WebSocketSession
from tests.delivery.recording_server import KEYS

SESSIONS = 10_000
AUDIENCES = (10, 100, 1000)
ROUNDS = 15


def main() -> None:
    """Take turns, so that a slow moment of the machine hits both."""
    with subprocess.Popen(
        [sys.executable, "-m", "benchmarks.channels.publish", "serve"],
        stdout=subprocess.PIPE,
        text=True,
    ) as server:
        try:
            assert server.stdout is not None
            use_server(server.stdout.readline().strip())
            create_database()
            fill()
            figures = {str(size): compare(size) for size in AUDIENCES}
        finally:
            server.terminate()
            drop_database()
    keep("channels_publish", {"sessions": SESSIONS, "rounds": ROUNDS, "figures": figures})
    print("| audience | send_message | publish | publish by subscription | ratios |")
    print("|---:|---:|---:|---:|---:|")
    for size, row in figures.items():
        print(
            f"| {size} | {row['send_message']:.1f} ms | {row['publish']:.1f} ms "
            f"| {row['publish by subscription']:.1f} ms "
            f"| {row['ratio']:.2f}, {row['ratio by subscription']:.2f} |"
        )


def use_server(url: str) -> None:
    settings.AWS_GATEWAY_REGION_NAME = "eu-west-1"
    settings.AWS_ACCESS_KEY_ID = KEYS.access_key
    settings.AWS_SECRET_ACCESS_KEY = KEYS.secret_key
    settings.WEBSOCKETS = {"management_endpoint_url": f"{url}/prod"}


def fill() -> None:
    """Sessions whose default channel is one of each size, with subscriptions of the same sizes."""
    gateway = ApiGateway.objects.create(api_name="API", api_id="a1b2c3d4e5")
    WebSocketSession.objects.bulk_create(
        WebSocketSession(
            connection_id=f"{index:06}=", api_gateway=gateway, channel_name=default_of(index)
        )
        for index in range(SESSIONS)
    )
    keys = WebSocketSession.objects.order_by("pk").values_list("pk", flat=True)
    Subscription.objects.bulk_create(
        (
            Subscription(session_id=key, channel_name=name)
            for index, key in enumerate(keys)
            for name in subscriptions_of(index)
        ),
        batch_size=5000,
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def default_of(index: int) -> str:
    start = 0
    for size in AUDIENCES:
        if start <= index < start + size:
            return f"default-{size}"
        start += size
    return f"other-{index % 500}"


def subscriptions_of(index: int) -> list[str]:
    sized = [f"subscribed-{size}" for size in AUDIENCES if index < size]
    return (sized + [f"room-{(index + 7 * number) % 900}" for number in range(5)])[:5]


def compare(size: int) -> dict[str, float]:
    """Return the medians of CPU milliseconds, and of the ratios of neighbours."""
    by_default = WebSocketSession.objects.filter(channel_name=f"default-{size}")
    candidates: dict[str, Callable[[], object]] = {
        "send_message": lambda: by_default.send_message({"text": "hello"}),
        "publish": lambda: channels.publish(f"default-{size}", {"text": "hello"}),
        "publish by subscription": lambda: channels.publish(
            f"subscribed-{size}", {"text": "hello"}
        ),
    }
    measured: dict[str, list[float]] = {name: [] for name in candidates}
    for turn in range(ROUNDS + 2):
        for name, send in candidates.items():
            began = time.process_time()
            send()
            if turn > 1:
                measured[name].append((time.process_time() - began) * 1000)
    medians = {name: round(statistics.median(values), 3) for name, values in measured.items()}
    own = measured["send_message"]
    return {
        **medians,
        "ratio": ratio(measured["publish"], own),
        "ratio by subscription": ratio(measured["publish by subscription"], own),
    }


def ratio(values: list[float], others: list[float]) -> float:
    return round(statistics.median(a / b for a, b in zip(values, others, strict=True)), 3)


def serve() -> None:
    """Take posts until terminated; a process of its own, so that its time is not counted."""
    from tests.delivery.recording_server import RecordingServer

    with RecordingServer() as running:
        print(running.url.removesuffix("/prod"), flush=True)
        while True:
            time.sleep(1)
            running.arrived.clear()


if __name__ == "__main__":
    if sys.argv[1:] == ["serve"]:
        serve()
    take_no_options(__doc__)
    main()
