"""Each switch, seen from outside."""

import asyncio
from collections import Counter
from contextlib import asynccontextmanager

import pytest
import websockets
from botocore.exceptions import ClientError

from django_aws_api_gateway_websockets.gateway.config import Config
from django_aws_api_gateway_websockets.gateway.server import running_gateway
from django_aws_api_gateway_websockets.gateway.weather.settings import read_settings
from tests.gateway.aws import deploy
from tests.gateway.backend import WAIT
from tests.gateway.clients import END, end_of


@asynccontextmanager
async def stormy_api(backend, *, timeout_ms=29_000, **switches):
    settings = read_settings((name.replace("_", "-"), text) for name, text in switches.items())
    config = Config(port=0, weather=settings, weather_seed=1, clock_speed=1)
    async with running_gateway(config) as gateway:
        yield gateway, await deploy(gateway.url, backend.url, parameters=END, timeout_ms=timeout_ms)


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
    async with stormy_api(backend, timeout_ms=300, stall="100%") as (_, api):
        with pytest.raises(websockets.InvalidStatus) as refused:
            await websockets.connect(api.url)

    assert refused.value.response.status_code == 504
    assert len(backend.on("connect")) == 1


async def add_route(api, backend, key):
    def add():
        integration = api.client.create_integration(
            ApiId=api.api_id,
            IntegrationType="HTTP_PROXY",
            IntegrationMethod="POST",
            IntegrationUri=f"{backend.url}/{key}",
        )["IntegrationId"]
        target = f"integrations/{integration}"
        api.client.create_route(ApiId=api.api_id, RouteKey=key, Target=target)
        api.client.create_deployment(ApiId=api.api_id, StageName="test")

    await asyncio.to_thread(add)


async def routes_of_messages(socket, backend, count):
    """Return the routes that messages for `new` take, sent one after the other."""
    taken = []
    for _ in range(count):
        before = len(backend.received)
        await socket.send('{"action": "new"}')
        while len(backend.received) == before:
            await asyncio.sleep(0.001)
        taken.append(backend.received[-1].route)
    return taken


async def routes_after_a_deployment(backend, **switches):
    async with (
        stormy_api(backend, **switches) as (gateway, api),
        websockets.connect(api.url) as socket,
    ):
        await backend.wait_for("connect")
        assert set(await routes_of_messages(socket, backend, 20)) == {"default"}
        await add_route(api, backend, "new")
        routes = await asyncio.wait_for(routes_of_messages(socket, backend, 40), WAIT)
        gateway._weather.set({})
        assert set(await routes_of_messages(socket, backend, 20)) == {"new"}
    backend.received.clear()
    return routes


@pytest.mark.fact("propagation")
async def test_messages_meet_the_old_and_the_new_deployment_in_an_order_that_the_seed_repeats(
    backend,
):
    routes = await routes_after_a_deployment(backend, stale_deployment="60s")

    assert 5 < routes.count("new") < 35
    assert set(routes) == {"new", "default"}
    assert await routes_after_a_deployment(backend, stale_deployment="60s") == routes
    assert set(await routes_after_a_deployment(backend, post_410="1%")) == {"new"}


@pytest.mark.fact("propagation")
async def test_a_deployment_has_settled_when_its_time_is_over(backend):
    async with (
        stormy_api(backend, stale_deployment="100ms") as (_, api),
        websockets.connect(api.url) as socket,
    ):
        await backend.wait_for("connect")
        await add_route(api, backend, "new")
        await asyncio.sleep(0.15)

        assert set(await routes_of_messages(socket, backend, 20)) == {"new"}


async def test_a_handshake_may_meet_the_old_deployment(backend):
    async with stormy_api(backend, stale_deployment="60s") as (_, api):

        def drop_connect():
            (route,) = (
                route
                for route in api.client.get_routes(ApiId=api.api_id)["Items"]
                if route["RouteKey"] == "$connect"
            )
            api.client.delete_route(ApiId=api.api_id, RouteId=route["RouteId"])
            api.client.create_deployment(ApiId=api.api_id, StageName="test")
            # Another change does not settle it.
            api.client.update_stage(ApiId=api.api_id, StageName="test", Description="new")

        await asyncio.to_thread(drop_connect)
        for _ in range(30):
            async with websockets.connect(api.url):
                pass

    assert 0 < len(backend.on("connect")) < 30


async def test_delayed_posts_and_messages_arrive(backend):
    async with (
        stormy_api(backend, delay="50ms") as (gateway, api),
        websockets.connect(api.url) as client,
    ):
        connection_id = await connection_id_of(backend)
        assert await asyncio.to_thread(post, api.management, connection_id, b"late") == 200
        assert await asyncio.wait_for(client.recv(), WAIT) == "late"
        assert gateway._weather.struck["delay"] >= 2


async def test_a_deployment_of_fair_weather_is_stale_once_the_weather_turns(gateway, backend):
    api = await deploy(gateway.url, backend.url, parameters=END)
    async with websockets.connect(api.url) as socket:
        await backend.wait_for("connect")
        await add_route(api, backend, "new")
        gateway._weather.set(read_settings([("stale-deployment", "60s")]))
        routes = await asyncio.wait_for(routes_of_messages(socket, backend, 40), WAIT)

    assert set(routes) == {"new", "default"}
