"""Each switch, seen from outside."""

import asyncio
import json
import urllib.error
import urllib.request
from collections import Counter
from contextlib import asynccontextmanager

import pytest
import websockets
from botocore.exceptions import ClientError

from django_aws_api_gateway_websockets.gateway.config import Config
from django_aws_api_gateway_websockets.gateway.operations.weather_switches import read_settings
from django_aws_api_gateway_websockets.gateway.server import running_gateway
from tests.gateway.aws import deploy
from tests.gateway.backend import WAIT
from tests.gateway.test_session import END, end_of


@asynccontextmanager
async def stormy_api(backend, **switches):
    settings = read_settings((name.replace("_", "-"), text) for name, text in switches.items())
    config = Config(port=0, weather=settings, weather_seed=1, clock_speed=1)
    async with running_gateway(config) as gateway:
        yield gateway, await deploy(gateway.url, backend.url, parameters=END, timeout_ms=300)


async def connection_id_of(backend):
    (connect,) = await backend.wait_for("connect")
    return connect.values("connectionId")[0]


async def test_a_dropped_disconnect_never_reaches_the_backend(backend):
    async with stormy_api(backend, drop_disconnect="100%") as (gateway, api):
        async with websockets.connect(api.url):
            pass
        while gateway._weather.struck["drop-disconnect"] == 0:
            await asyncio.sleep(0.01)

    assert backend.on("disconnect") == []


@pytest.mark.parametrize(
    ("switch", "statuses"),
    [("post_410", {410}), ("post_429", {429}), ("post_5xx", {500, 502, 503, 504})],
)
async def test_posts_are_refused_and_what_was_refused_does_not_arrive(backend, switch, statuses):
    async with (
        stormy_api(backend, **{switch: "50%"}) as (_, api),
        websockets.connect(api.url) as client,
    ):
        connection_id = await connection_id_of(backend)
        told = Counter()
        for number in range(60):
            data = str(number).encode()
            told[await asyncio.to_thread(post, api.management, connection_id, data)] += 1
        received = [await asyncio.wait_for(client.recv(), WAIT) for _ in range(told[200])]

    assert set(told) == statuses | {200}
    assert len(received) == told[200]


def post(client, connection_id, data):
    try:
        client.post_to_connection(ConnectionId=connection_id, Data=data)
    except ClientError as error:
        return error.response["ResponseMetadata"]["HTTPStatusCode"]
    return 200


async def test_a_message_is_overtaken_by_the_next_one(backend):
    async with (
        stormy_api(backend, reorder="100%") as (_, api),
        websockets.connect(api.url) as client,
    ):
        for number in range(4):
            await client.send(str(number))
        messages = await backend.wait_for("default", 4)
        await client.send("the last one waits for nothing for ever")
        await backend.wait_for("default", 5)

    assert sorted(message.body for message in messages) == [b"0", b"1", b"2", b"3"]
    assert {messages[0].body, messages[1].body} == {b"0", b"1"}


async def test_a_held_message_still_comes_before_the_end_of_its_connection(backend):
    async with stormy_api(backend, reorder="100%") as (_, api):
        async with websockets.connect(api.url) as client:
            await client.send("last words")
        await backend.wait_for("disconnect")

    assert [one.route for one in backend.received] == ["connect", "default", "disconnect"]


async def test_sockets_are_cut_without_a_close_frame(backend):
    async with (
        stormy_api(backend, cut="100%") as (_, api),
        websockets.connect(api.url) as client,
    ):
        with pytest.raises(websockets.ConnectionClosedError):
            await asyncio.wait_for(client.recv(), WAIT)
        assert (await end_of(backend))[0] == 1006


async def test_connects_over_the_rate_are_a_429(backend):
    async with (
        stormy_api(backend, connects="0.001/s") as (_, api),
        websockets.connect(api.url),
    ):
        with pytest.raises(websockets.InvalidStatus) as refused:
            await websockets.connect(api.url)

    assert refused.value.response.status_code == 429


async def test_a_lost_header_reaches_no_backend(backend):
    async with (
        stormy_api(backend, lose_header="connectionid+user-agent") as (_, api),
        websockets.connect(api.url),
    ):
        (connect,) = await backend.wait_for("connect")

    assert connect.values("connectionId") == []
    assert connect.values("user-agent") == []
    assert connect.values("host") != []


async def test_a_stalled_backend_has_done_its_work_and_the_client_is_told_504(backend):
    async with stormy_api(backend, stall="100%") as (_, api):
        with pytest.raises(websockets.InvalidStatus) as refused:
            await websockets.connect(api.url)

    assert refused.value.response.status_code == 504
    assert len(backend.on("connect")) == 1


async def test_delayed_posts_and_messages_arrive(backend):
    async with (
        stormy_api(backend, delay="50ms") as (gateway, api),
        websockets.connect(api.url) as client,
    ):
        connection_id = await connection_id_of(backend)
        assert await asyncio.to_thread(post, api.management, connection_id, b"late") == 200
        assert await asyncio.wait_for(client.recv(), WAIT) == "late"
        assert gateway._weather.struck["delay"] >= 2


def send(url, method, body=None, **headers):
    data = None if body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/json", **headers}
    request = urllib.request.Request(url, data=data, headers=headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.status, json.loads(error.read() or b"{}")


async def test_the_switchboard_shows_sets_changes_and_clears_the_weather(gateway):
    url = f"{gateway.url}/_gateway/weather"

    async def now(method, body=None, **headers):
        return await asyncio.to_thread(lambda: send(url, method, body, **headers))

    status, shown = await now("GET")
    assert (status, shown["switches"]) == (200, {})
    assert "drop-disconnect" in shown["known"]
    assert (await now("PUT", {"post-429": "20%"}))[1]["switches"] == {"post-429": "20%"}
    both = {"post-429": "20%", "delay": "1ms"}
    assert (await now("POST", {"delay": "1ms"}))[1]["switches"] == both
    assert (await now("PUT", {"cut": "1%"}))[1]["switches"] == {"cut": "1%"}
    assert (await now("DELETE"))[1]["switches"] == {}
    for body in ({"rain": "1"}, ["post-429"], {"post-429": 5}, "x"):
        assert (await now("PUT", body))[0] == 400
    form = {"Content-Type": "text/plain"}
    assert (await now("POST", {"cut": "1%"}, **form))[0] == 400
    assert (await now("PATCH", {}))[0] == 405
    assert (await now("PUT", {"cut": "1%"}, Origin="http://evil.example"))[0] == 403
    assert (await now("GET"))[1]["switches"] == {}
