import asyncio
import json
import signal
from contextlib import AsyncExitStack, asynccontextmanager

import pytest
import websockets

from django_aws_api_gateway_websockets.gateway.config import Config
from django_aws_api_gateway_websockets.gateway.events.history import LENGTH
from django_aws_api_gateway_websockets.gateway.operations.live_feed import MAX_VIEWERS
from django_aws_api_gateway_websockets.gateway.server import running_gateway
from tests.gateway.aws import deploy
from tests.gateway.backend import WAIT, Answer
from tests.gateway.processes import gateway_process
from tests.gateway.raw import raw_client
from tests.gateway.requests import get


@asynccontextmanager
async def viewer(url, *lines):
    async with raw_client(url) as client:
        head = ["GET /_gateway/events HTTP/1.1", f"Host: {url.removeprefix('http://')}", *lines]
        await client.send("\r\n".join([*head, "\r\n"]).encode())
        yield client


async def next_event(client, name):
    """The data of the next event of a kind."""
    while True:
        async with asyncio.timeout(WAIT):
            event = await client.reader.readuntil(b"\n\n")
        kind, data = event.decode().strip().rsplit("\n", 1)
        if kind.endswith(f"event: {name}"):
            return json.loads(data.removeprefix("data: "))


async def happenings(client, count):
    found = []
    while len(found) < count:
        found += (await next_event(client, "happenings"))["items"]
    return found


async def test_a_viewer_is_told_how_things_stand_and_what_has_happened(gateway, backend):
    backend.answers("default", Answer(body=b"answer"))
    api = await deploy(gateway.url, backend.url, replies=("$default",))
    async with websockets.connect(f"{api.url}?ws_token=SECRET") as socket:
        await socket.send("question")
        await socket.recv()
        async with viewer(gateway.url) as client:
            head = (await client.reader.readuntil(b"\r\n\r\n")).decode()
            state = await next_event(client, "state")
            items = await happenings(client, 4)
    assert "Content-Type: text/event-stream" in head
    assert state["totals"] == {
        "connections": 1,
        "messagesIn": 1,
        "messagesOut": 1,
        "refused": 0,
        "integrationFailures": 0,
    }
    assert [one["key"] for one in state["stages"][0]["routes"]] == [
        "$connect",
        "$disconnect",
        "$default",
    ]
    (connection,) = state["connections"]
    assert connection["ip"] == "127.0.0.1"
    assert [(item["kind"], item.get("text"), item.get("status")) for item in items] == [
        ("connect", f"127.0.0.1 /_aws/execute-api/{api.api_id}/test?ws_token=[redacted]", 101),
        ("in", "question", None),
        ("message", None, 200),
        ("out", "answer", None),
    ]
    assert {item["connection"] for item in items} == {connection["id"]}


async def test_refusals_calls_and_ends_are_told_too(gateway, backend):
    api = await deploy(gateway.url, backend.url)
    async with viewer(gateway.url) as client:
        async with websockets.connect(api.url) as socket:
            (connect,) = await backend.wait_for("connect")
            connection_id = connect.values("connectionId")[0]
            await asyncio.to_thread(api.management.delete_connection, ConnectionId=connection_id)
            await socket.wait_closed()
        await get(f"{api.management_url}/@connections/{connection_id}")
        async with raw_client(gateway.url) as late:
            await late.handshake(f"{gateway.url}/nowhere")
        items = await happenings(client, 5)

    assert sorted((item["kind"], item["status"]) for item in items) == [
        ("call", 204),
        ("call", 403),
        ("connect", 101),
        ("disconnect", 1000),
        ("refused", 403),
    ]


@pytest.mark.slow
async def test_a_flood_is_skipped_and_counted_and_long_texts_are_cut(gateway, backend):
    api = await deploy(gateway.url, backend.url)
    async with websockets.connect(api.url) as socket, viewer(gateway.url) as client:
        await happenings(client, 1)
        for _ in range(LENGTH * 2):
            await socket.send("x" * 3000)
        await backend.wait_for("default", LENGTH * 2)
        told = skipped = 0
        while told + skipped < LENGTH * 4:
            news = await next_event(client, "happenings")
            told, skipped = told + len(news["items"]), skipped + news["skipped"]
            for item in news["items"]:
                assert len(item.get("text", "")) <= 2000
                assert item.get("bytes", 3000) == 3000

    assert told + skipped == LENGTH * 4


async def test_only_so_many_may_watch_and_a_place_is_free_when_one_leaves(gateway):
    async with AsyncExitStack() as stack:
        first = await stack.enter_async_context(viewer(gateway.url))
        await next_event(first, "state")
        for _ in range(MAX_VIEWERS - 1):
            client = await stack.enter_async_context(viewer(gateway.url))
            await next_event(client, "state")
        async with viewer(gateway.url) as refused:
            assert (await refused.response()).status == 503
        first.writer.close()
        async with asyncio.timeout(WAIT * 2):
            while gateway._feed.is_full:
                await asyncio.sleep(0.05)


async def test_viewers_who_come_at_the_same_moment_are_counted_too(gateway):
    # As the streams of answers that were all given before the first of them began.
    streams = [gateway._feed.stream() for _ in range(MAX_VIEWERS + 5)]

    begun = [await anext(stream, None) for stream in streams]

    assert [state is not None for state in begun] == [True] * MAX_VIEWERS + [False] * 5
    for stream in streams:
        await stream.aclose()
    assert not gateway._feed.is_full


@pytest.mark.slow
async def test_watching_does_not_hold_up_stopping():
    with gateway_process("--quiet") as process:
        async with viewer(process.url) as client:
            await next_event(client, "state")
            code, _ = await asyncio.to_thread(process.stop, signal.SIGTERM)

    assert code == 0


async def test_the_page_needs_no_token_and_everything_it_shows_does():
    async with running_gateway(Config(port=0, operator_token="right")) as gateway:
        base = f"{gateway.url}/_gateway"
        for path in ("/", "/live.js", "/live.css"):
            status, _ = await get(base + path)
            assert status == 200
        for path in ("/events", "/weather", "/metrics", "/else"):
            assert (await get(base + path))[0] == 401


async def test_the_pages_headers_let_nothing_else_run(gateway):
    async with raw_client(gateway.url) as client:
        await client.send(b"GET /_gateway/ HTTP/1.1\r\nHost: localhost\r\n\r\n")
        page = await client.response()

    policy = page.value("Content-Security-Policy")
    assert policy.startswith("default-src 'none'; script-src 'self';")
    assert "unsafe" not in policy
    assert page.value("X-Content-Type-Options") == "nosniff"
    assert page.value("X-Frame-Options") == "DENY"
    assert b"http" not in page.body.replace(b"http-equiv", b"")


async def test_a_link_may_open_the_page_and_nothing_else(gateway):
    link = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    script = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}

    assert (await get(f"{gateway.url}/_gateway/", **link))[0] == 200
    assert (await get(f"{gateway.url}/_gateway/live.js", **script))[0] == 403
    assert (await get(f"{gateway.url}/_gateway/events", **link))[0] == 403
    assert (await get(f"{gateway.url}/_gateway"))[0] == 200
