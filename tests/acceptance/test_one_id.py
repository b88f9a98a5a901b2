"""One id finds an event in the gateway's access log and in every line of Django."""

import json
import logging
from pathlib import Path

import pytest

from django_aws_api_gateway_websockets.models import QueuedBroadcast
from django_aws_api_gateway_websockets.telemetry.logs import AddEvent
from tests.gateway.processes import gateway_process
from tests.stack import answer, ask, make_stack
from tests.waiting import eventually

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def access_log(tmp_path, settings) -> Path:
    """The access log of a gateway that runs for this test, and that Django sends to."""
    path = tmp_path / "access.log"
    with gateway_process("--access-log", str(path)) as gateway:
        address = gateway.url.removeprefix("http://")
        settings.WEBSOCKETS = {"local_gateway": True, "local_gateway_address": address}
        yield path


def entries(path: Path, kind: str) -> list[dict]:
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    return [line for line in lines if line["eventType"] == kind]


def test_an_event_has_one_id_from_the_gateway_to_the_worker_that_delivers(
    live_server, access_log, caplog, settings
):
    settings.ROOT_URLCONF = "tests.telemetry.site"
    caplog.handler.addFilter(AddEvent())
    caplog.set_level(logging.DEBUG, "django_aws_api_gateway_websockets.telemetry")
    stack = make_stack(live_server, "/ws/")

    with stack.connect(channel="shop") as socket:
        ask(socket, action="announce")
        assert answer(socket) == {"n": 1}
        eventually(QueuedBroadcast.objects.exists)
        QueuedBroadcast.objects.get().deliver()
        assert answer(socket) == {"n": 2}
        eventually(lambda: entries(access_log, "MESSAGE"))

    (message,) = entries(access_log, "MESSAGE")
    told = {
        record.getMessage().partition(":")[0]: record.websocket_request
        for record in caplog.records
        if record.websocket_request == message["requestId"]
    }
    broadcast = QueuedBroadcast.objects.get().pk
    assert set(told) == {
        "Posts to many",
        "A message was accepted",
        f"Posts to broadcast of broadcast {broadcast}",
    }
