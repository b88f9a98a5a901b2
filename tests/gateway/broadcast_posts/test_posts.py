"""Posts of one broadcast on one connection: told by their bytes, and answered as any other."""

import asyncio
import logging

import pytest

from django_aws_api_gateway_websockets.gateway.broadcast_posts.posts import BroadcastPosts
from django_aws_api_gateway_websockets.gateway.config import Config
from django_aws_api_gateway_websockets.gateway.http.request_reader import RequestReader
from django_aws_api_gateway_websockets.gateway.runtime.log import access
from django_aws_api_gateway_websockets.gateway.server import running_gateway
from tests.gateway.aws import deploy
from tests.gateway.broadcast_posts.poster import BODY, Poster, crowd
from tests.gateway.hand_moved_clocks import AheadClock
from tests.gateway.metrics import samples
from tests.gateway.raw import raw_client
from tests.gateway.requests import get
from tests.gateway.requests import send as switch_weather
from tests.gateway.signing import signed

NEVER_ISSUED = "gbgHN0-zjQAYKEjhgA=="


@pytest.fixture
async def api(gateway, backend):
    # Without a route for what they say, clients learn their ids from the error frame.
    return await deploy(gateway.url, backend.url, "$connect", "$disconnect")


@pytest.fixture
async def poster(api):
    async with raw_client(api.gateway_url) as client:
        yield Poster(api, client)


@pytest.fixture
def parsed(monkeypatch):
    """Collects the bytes that the parser is fed from here on."""
    fed = []
    feed = RequestReader.feed
    monkeypatch.setattr(
        RequestReader, "feed", lambda reader, data: fed.append(data) or feed(reader, data)
    )
    return fed


async def test_a_body_that_comes_again_is_not_parsed_a_third_time(api, poster, parsed):
    async with crowd(api) as clients:
        parsed.clear()
        for connection_id in clients:
            assert (await poster.post(connection_id)).status == 200

        assert len(parsed) == 2
        for client in clients.values():
            assert await asyncio.wait_for(client.recv(), 5) == BODY.decode()


@pytest.mark.fact("several-posts-in-a-row")
async def test_posts_that_come_together_are_answered_together(api, poster, parsed):
    async with crowd(api) as clients:
        first, *others = clients
        assert (await poster.begin(first)).value("x-requests-at-once") == "128"
        parsed.clear()
        await poster.client.send(b"".join(poster.request(one) for one in (*others, first)))
        answers = [await poster.client.response() for _ in clients]

        assert [answer.status for answer in answers] == [200] * 3
        assert parsed == []
        for client in clients.values():
            assert await asyncio.wait_for(client.recv(), 5) == BODY.decode()


async def test_without_the_short_way_posts_are_delivered_one_by_one(backend, monkeypatch, parsed):
    monkeypatch.setenv("WEBSOCKETS_SWITCHED_OFF", "kept-sql,posts-at-once")
    async with running_gateway(Config(port=0)) as gateway:
        api = await deploy(gateway.url, backend.url, "$connect", "$disconnect")
        async with raw_client(gateway.url) as client, crowd(api) as clients:
            poster = Poster(api, client)
            parsed.clear()
            for connection_id in (*clients, *clients):
                answer = await poster.post(connection_id)
                assert (answer.status, answer.value("x-requests-at-once")) == (200, None)

            assert len(parsed) == 6
            for one in clients.values():
                assert [await asyncio.wait_for(one.recv(), 5) for _ in "ab"] == [BODY.decode()] * 2


async def test_only_the_first_of_a_new_series_is_parsed_when_all_come_together(api, poster, parsed):
    async with crowd(api) as clients:
        parsed.clear()
        await poster.client.send(b"".join(map(poster.request, clients)))
        answers = [await poster.client.response() for _ in clients]

        assert [answer.status for answer in answers] == [200] * 3
        assert len(parsed) == 1


async def test_a_series_goes_on_over_other_connections_from_the_same_address(api, poster, parsed):
    async with crowd(api) as clients, raw_client(api.gateway_url) as other:
        first, second, _ = clients
        await poster.begin(first)
        parsed.clear()
        await other.send(poster.request(second))
        assert (await other.response()).status == 200

        assert parsed == []


async def test_one_among_many_that_is_gone_or_forged_is_told_so_and_the_others_are_served(
    api, poster
):
    async with crowd(api) as clients:
        first, second, third = clients
        await poster.begin(first)
        forged = poster.request(second)[: -len(BODY) - 10] + b"000000\r\n\r\n" + BODY
        assert len(forged) == len(poster.request(second))
        requests = [poster.request(first), forged, poster.request(NEVER_ISSUED)]
        await poster.client.send(b"".join([*requests, poster.request(third)]))
        answers = [(await poster.client.response()).status for _ in range(4)]

    assert answers == [200, 403, 410, 200]


async def test_nobody_is_told_to_send_together_through_a_proxy_or_in_bad_weather(
    gateway, api, poster
):
    async with crowd(api) as clients:
        first = next(iter(clients))
        via = poster.request(first).replace(b"\r\n", b"\r\nX-Forwarded-For: 192.0.2.1\r\n", 1)
        told = [(await poster.send(via)).value("x-requests-at-once")]
        url = f"{gateway.url}/_gateway/weather"
        await asyncio.to_thread(switch_weather, url, "PUT", {"delay": "1ms"})
        told.append((await poster.post(first)).value("x-requests-at-once"))

    assert told == [None, None]


async def test_answers_of_a_series_differ_in_nothing_but_their_ids(api, poster):
    own = {"x-amzn-requestid", "x-amz-apigw-id", "x-amzn-trace-id", "date"}
    async with crowd(api) as clients:
        first, *others = [await poster.post(connection_id) for connection_id in clients]

    for other in others:
        assert other.status == first.status
        assert [n for n, _ in other.headers] == [n for n, _ in first.headers]
        pairs = zip(first.headers, other.headers, strict=True)
        assert {n.lower() for (n, one), (_, two) in pairs if one != two} >= own - {"date"}
        assert {n.lower() for n, _ in set(first.headers) ^ set(other.headers)} <= own


async def test_posts_of_a_series_are_counted_as_all_others(gateway, api, poster):
    async with crowd(api) as clients:
        before = samples((await get(f"{gateway.url}/_gateway/metrics"))[1])
        for connection_id in clients:
            await poster.post(connection_id)
        after = samples((await get(f"{gateway.url}/_gateway/metrics"))[1])

    def grown(name):
        [full] = [key for key in after if key.endswith(name)]
        return after[full] - before.get(full, 0)

    assert grown('connections_calls_total{method="POST",status="200"}') == 3
    assert grown("messages_sent_total") == 3
    assert grown("sent_bytes_total") == 3 * len(BODY)


async def test_posts_of_a_series_stand_in_the_access_log_as_all_others(backend, caplog):
    caplog.set_level(logging.INFO, logger=access.name)
    line = "$context.connectionId $context.extendedRequestId $context.status"
    async with running_gateway(Config(port=0, access_log_format=line)) as gateway:
        api = await deploy(gateway.url, backend.url, "$connect", "$disconnect")
        async with raw_client(gateway.url) as client, crowd(api) as clients:
            poster = Poster(api, client)
            caplog.clear()
            answers = {one: await poster.post(one) for one in clients}

    posted = [
        f"{connection_id} {answer.value('x-amz-apigw-id')} 200"
        for connection_id, answer in answers.items()
    ]
    lines = [record.getMessage() for record in caplog.records if record.name == access.name]
    assert [line for line in lines if line in posted] == posted


async def test_each_client_reads_a_series_in_the_compression_it_agreed_to(api, poster):
    async with crowd(api, compressed=(True, False, True, False)) as clients:
        for connection_id in clients:
            assert (await poster.post(connection_id)).status == 200
        for client in clients.values():
            assert await asyncio.wait_for(client.recv(), 5) == BODY.decode()
            await client.send("still there?")
            assert "Forbidden" in await asyncio.wait_for(client.recv(), 5)


async def test_a_signature_for_somebody_else_is_refused(api, poster):
    async with crowd(api) as clients:
        first, second, _ = clients
        await poster.begin(first)
        stolen = poster.request(second).replace(
            poster.request(second)[-len(BODY) - 68 : -len(BODY)],
            poster.request(first)[-len(BODY) - 68 : -len(BODY)],
        )
        assert stolen != poster.request(second)
        refused = await poster.send(stolen)

    assert (refused.status, refused.value("x-amzn-errortype")) == (403, "InvalidSignatureException")


async def test_another_body_under_the_signature_of_the_first_is_refused(api, poster):
    async with crowd(api) as clients:
        first, second, _ = clients
        await poster.begin(first)
        refused = await poster.send(poster.request(second).replace(b"hello", b"howdy"))
        assert (await poster.post(second)).status == 200
        assert await asyncio.wait_for(clients[second].recv(), 5) == BODY.decode()

    assert refused.status == 403


@pytest.mark.parametrize(
    ("forged", "status"),
    [
        ("", 400),
        ("x", 400),
        ("..%2F..", 400),
        # Signed, both of these, as the parser reads them.
        ("{id}?", 200),
        ("{id} HTTP/1.1\r\nX: ", 200),
        ("{id}%20", 400),
    ],
)
async def test_a_post_without_a_plain_connection_id_is_read_in_full(
    api, poster, parsed, forged, status
):
    async with crowd(api) as clients:
        first, second, _ = clients
        await poster.begin(first)
        parsed.clear()
        wire_id = second.replace("=", "%3D")
        request = poster.request(second).replace(
            f"/{wire_id} ".encode(), f"/{forged.format(id=wire_id)} ".encode()
        )
        answer = await poster.send(request)

        assert len(parsed) == 1
        assert answer.status == status
        assert (await poster.post(second)).status == 200
        assert await asyncio.wait_for(clients[second].recv(), 5) == BODY.decode()


@pytest.mark.parametrize("form", ["%3D", "="])
async def test_ids_may_travel_with_their_signs_encoded_or_not(api, poster, parsed, form):
    def request(connection_id):
        path = poster._path + connection_id.replace("=", form)
        head = f"POST {path} HTTP/1.1\r\nHost: {poster._host}\r\nContent-Length: {len(BODY)}\r\n"
        signature = signed(path, poster._host, method="POST", body=BODY, moment=poster.moment)
        return head.encode() + signature.encode() + b"\r\n" + BODY

    async with crowd(api) as clients:
        parsed.clear()
        for connection_id in clients:
            assert (await poster.send(request(connection_id))).status == 200

        assert len(parsed) == 2
        for client in clients.values():
            assert await asyncio.wait_for(client.recv(), 5) == BODY.decode()


async def test_a_series_that_has_grown_too_old_is_refused(backend):
    clock = AheadClock()
    async with running_gateway(Config(port=0), clock) as gateway:
        api = await deploy(gateway.url, backend.url, "$connect", "$disconnect")
        async with crowd(api) as clients, raw_client(api.gateway_url) as client:
            poster = Poster(api, client)
            first, second, _ = clients
            await poster.begin(first)
            clock.ahead = 301
            refused = await poster.post(second)

    assert (refused.status, refused.value("x-amzn-errortype")) == (403, "InvalidSignatureException")
    assert b"expired" in refused.body


async def test_bodies_that_only_one_client_gets_begin_no_series(api, poster, monkeypatch):
    begun, begin = [], BroadcastPosts.begin
    monkeypatch.setattr(
        BroadcastPosts, "begin", lambda *given: begun.append(given) or begin(*given)
    )
    async with crowd(api) as clients:
        for number in range(20):
            for connection_id, client in clients.items():
                body = f'{{"for": "{connection_id}", "number": {number}}}'.encode()
                assert (await poster.post(connection_id, body)).status == 200
                # One that does not read could not say goodbye either.
                assert await asyncio.wait_for(client.recv(), 5) == body.decode()
        assert begun == []
        await poster.post(next(iter(clients)), body)

    assert len(begun) == 1


async def test_another_body_is_another_message(api, poster):
    async with crowd(api) as clients:
        for connection_id in clients:
            for body in (BODY, b'{"text": "other"}', b"", BODY * 3):
                assert (await poster.post(connection_id, body)).status == 200
        for client in clients.values():
            came = [await asyncio.wait_for(client.recv(), 5) for _ in range(4)]
            assert came == [BODY.decode(), '{"text": "other"}', "", BODY.decode() * 3]


async def test_a_connection_that_is_gone_in_the_middle_of_a_series_is_a_410(api, poster):
    async with crowd(api) as clients:
        first, second, third = clients
        await poster.begin(first)
        await clients[second].close()
        statuses = [(await poster.post(one)).status for one in (second, NEVER_ISSUED, third)]

    assert statuses == [410, 410, 200]


async def test_connections_of_another_api_are_out_of_reach(gateway, backend, api, poster):
    other = await deploy(gateway.url, backend.url, "$connect", "$disconnect")
    async with crowd(api) as clients, crowd(other) as others:
        await poster.begin(next(iter(clients)))
        assert (await poster.post(next(iter(others)))).status == 410


async def test_a_stage_that_ends_ends_its_series(api, poster):
    async with crowd(api) as clients:
        first, second, _ = clients
        await poster.begin(first)
        await asyncio.to_thread(api.client.delete_stage, ApiId=api.api_id, StageName="test")
        assert (await poster.post(second)).status == 403


async def test_weather_strikes_a_series_that_has_begun(gateway, api, poster):
    async with crowd(api) as clients:
        first, second, _ = clients
        await poster.begin(first)
        url = f"{gateway.url}/_gateway/weather"
        await asyncio.to_thread(switch_weather, url, "PUT", {"post-429": "100%"})
        assert (await poster.post(second)).status == 429


async def test_requests_that_come_in_pieces_or_together_are_read_as_ever(api, poster):
    async with crowd(api) as clients:
        ids = list(clients)
        await poster.begin(ids[0])
        request = poster.request(ids[1])
        await poster.client.send(request[:150])
        await asyncio.sleep(0.05)
        assert (await poster.send(request[150:])).status == 200
        await poster.client.send(poster.request(ids[0]) + poster.request(ids[2]))
        answers = [(await poster.client.response()).status for _ in range(2)]
        assert answers == [200, 200]
        came = [await asyncio.wait_for(clients[one].recv(), 5) for one in (*ids, ids[0])]
        assert came == [BODY.decode()] * 4
