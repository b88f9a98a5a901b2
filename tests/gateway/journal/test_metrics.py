import asyncio
import re

import pytest
import websockets

from django_aws_api_gateway_websockets.gateway.config import Config
from django_aws_api_gateway_websockets.gateway.journal.entries import IntegrationResult, SocketEntry
from django_aws_api_gateway_websockets.gateway.journal.metrics import Metrics
from django_aws_api_gateway_websockets.gateway.server import running_gateway
from tests.docs.pages import DOCS
from tests.gateway.aws import deploy
from tests.gateway.backend import Answer
from tests.gateway.contexts import context
from tests.gateway.metrics import samples
from tests.gateway.requests import get


@pytest.mark.fact("cloudwatch-metrics")
async def test_connections_messages_bytes_and_calls_are_counted(gateway, backend):
    backend.answers("default", Answer(body=b"four"))
    api = await deploy(gateway.url, backend.url, replies=("$default",))
    async with websockets.connect(api.url) as socket:
        await socket.send("caf\u00e9")
        await socket.recv()
        (connect,) = backend.on("connect")
        await asyncio.to_thread(
            api.management.post_to_connection,
            ConnectionId=connect.values("connectionId")[0],
            Data=b"six666",
        )
        _, text = await get(f"{gateway.url}/_gateway/metrics")
        while_open = samples(text)
    await backend.wait_for("disconnect")
    with pytest.raises(websockets.InvalidStatus):
        await websockets.connect(f"{gateway.url.replace('http', 'ws')}/nowhere")
    counted = samples((await get(f"{gateway.url}/_gateway/metrics"))[1])

    assert while_open["websocket_gateway_connections"] == 1
    prefix = "websocket_gateway_"
    expected = {
        "connections": 0,
        'connects_total{status="101"}': 1,
        'connects_total{status="403"}': 1,
        'disconnects_total{code="1000"}': 1,
        'messages_total{status="200"}': 1,
        "messages_received_total": 1,
        "received_bytes_total": 5,
        "messages_sent_total": 2,
        "sent_bytes_total": 10,
        'connections_calls_total{method="POST",status="200"}': 1,
        "integration_latency_seconds_count": 3,
        'integration_latency_seconds_bucket{le="+Inf"}': 3,
    }
    assert {name: counted[prefix + name] for name in expected} == expected
    assert counted["process_resident_memory_bytes"] > 1_000_000


def test_the_histogram_counts_up_to_each_bound():
    metrics = Metrics()
    for milliseconds, status in [(1, 200), (5, 200), (30, 200), (29_000, None)]:
        metrics.read(SocketEntry(context(), 200, IntegrationResult(status, milliseconds)))
    counted = samples(metrics.exposition())

    name = "websocket_gateway_integration_latency_seconds"
    assert [counted[f'{name}_bucket{{le="{le}"}}'] for le in ("0.005", "0.05", "10.0", "+Inf")] == [
        2,
        3,
        3,
        4,
    ]
    assert counted[f"{name}_sum"] == 29.036
    assert counted["websocket_gateway_integration_failures_total"] == 1


async def test_each_number_is_documented_and_no_other(gateway):
    _, text = await get(f"{gateway.url}/_gateway/metrics")
    page = (DOCS / "reference/gateway-operations.md").read_text()

    told = set(re.findall(r"^# TYPE ([a-z_]+) ", text, re.M))
    assert told == set(re.findall(r"^\| `((?:websocket_gateway|process)_[a-z_]+)` \|", page, re.M))


async def test_an_operator_shows_the_token_where_there_is_one():
    async with running_gateway(Config(port=0, operator_token="right")) as gateway:
        url = f"{gateway.url}/_gateway/metrics"

        assert (await get(url))[0] == 401
        assert (await get(url, Authorization="Bearer wrong"))[0] == 401
        assert (await get(url, Authorization="Bearer right"))[0] == 200
        assert (await get(f"{gateway.url}/_gateway/health"))[0] == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"},
        {"Host": "evil.example"},
        {"Host": "127.0.0.1.evil.example"},
    ],
)
@pytest.mark.parametrize("path", ["/_gateway/metrics", "/v2/apis"])
@pytest.mark.experiment("T16")
async def test_a_page_of_another_site_reaches_nothing(gateway, path, headers):
    status, text = await get(f"{gateway.url}{path}", **headers)

    assert status == 403
    assert "Items" not in text
    assert "websocket_gateway" not in text
