"""Clients and callers that pretend to be somebody else."""

import asyncio
import itertools
import json
import random
from collections import Counter
from datetime import timedelta
from urllib.parse import quote, urlsplit

import pytest
import websockets

from django_aws_api_gateway_websockets.gateway.runtime.ids import Ids
from tests.experiment_sizes import sized
from tests.gateway.aws import deploy, management
from tests.gateway.backend import WAIT
from tests.gateway.raw import TEXT, frame_bytes, raw_client, raw_socket
from tests.gateway.signing import signed

pytestmark = pytest.mark.slow

RESERVED = {
    "X-Amzn-Apigateway-Api-Id": None,
    "X-Forwarded-For": "127.0.0.1",
    "X-Forwarded-Proto": "http",
    "X-Forwarded-Port": None,
    "X-Amzn-Trace-Id": None,
    "X-Real-Ip": None,
    "Connection-Id": None,
    "X-Ws-Gateway-Secret": "s" * 32,
    "X-Ws-Source-Ip": None,
}

MAPPED = {
    "integration.request.header.Connection-Id": "context.connectionId",
    "integration.request.header.X-Ws-Gateway-Secret": f"'{'s' * 32}'",
    "integration.request.header.X-Ws-Source-Ip": "context.identity.sourceIp",
}

LIE = "a-lie"


def spellings(name):
    """Every way to write a name that WSGI turns into the same variable, in two cases."""
    parts = name.split("-")
    for signs in itertools.product("-_", repeat=len(parts) - 1):
        written = "".join(itertools.chain(*itertools.zip_longest(parts, signs, fillvalue="")))
        yield from (written, written.upper())


async def post(gateway, path, headers):
    host = urlsplit(gateway.url).netloc
    async with raw_client(gateway.url) as client:
        head = f"POST {path} HTTP/1.1\r\nHost: {host}\r\n{headers}Content-Length: 1\r\n\r\n"
        await client.send(head.encode() + b"x")
        return (await client.response()).status


def try_post(endpoint, connection_id):
    client = management(endpoint)
    try:
        client.post_to_connection(ConnectionId=connection_id, Data=b"x")
    except client.exceptions.GoneException:
        return False
    return True


HOSTILE = [
    *("../", "..%2f", "%2e%2e/", "%00", "\\", "%0a", "%0d%0aX: y", "//", "@", "%25", "?", "#"),
    *("\u00e9", "\u202e", "$connect", "${x}", "{x}", ";", "=", "==", " ", "%u0000", "*", "\x7f"),
]


def hostile_texts(count, *, letters="AZaz09-_="):
    source = random.Random(14)
    for _ in range(count):
        parts = source.choices([*HOSTILE, *letters], k=source.randrange(1, 24))
        yield "".join(parts)


@pytest.mark.fact("reserved-headers-stripped")
@pytest.mark.experiment("T2", "T3")
async def test_no_spelling_of_a_header_lets_a_client_speak_for_the_gateway(gateway, backend):
    api = await deploy(gateway.url, backend.url, parameters=MAPPED)
    lies = [f"{spelt}: {LIE}" for name in RESERVED for spelt in spellings(name)]
    for start in range(0, len(lies), 80):
        async with raw_client(api.url) as client:
            await client.handshake(api.url, *lies[start : start + 80])

    assert len(lies) == sum(2 ** name.count("-") * 2 for name in RESERVED)
    for request in backend.on("connect"):
        seen = Counter(name.upper().replace("-", "_") for name, _ in request.headers)
        for name, truth in RESERVED.items():
            values = request.values(name)
            assert LIE not in values
            assert seen[name.upper().replace("-", "_")] == len(values) <= 1
            assert truth is None or values == [truth]
    assert LIE.encode() not in b"".join(request.raw_head for request in backend.on("connect"))


@pytest.mark.experiment("T7")
def test_a_million_connection_ids_have_no_two_alike():
    ids = Ids()

    assert len({ids.connection() for _ in range(1_000_000)}) == 1_000_000


@pytest.mark.experiment("T7", "T15")
async def test_a_known_connection_id_is_worth_nothing_without_a_signature(gateway, backend):
    api = await deploy(gateway.url, backend.url)
    host = urlsplit(gateway.url).netloc
    async with websockets.connect(api.url) as socket:
        (connection_id,) = (await backend.wait_for("connect"))[0].values("connectionId")
        path = f"/_aws/execute-api/{api.api_id}/test/@connections/{quote(connection_id, safe='')}"
        forged = [
            "",
            signed(path, host, method="POST", body=b"x", access_key="unknown"),
            signed(path, host, method="POST", body=b"y"),
            signed(path, host, method="GET"),
            signed(path + "A", host, method="POST", body=b"x"),
            signed(path, host, method="POST", body=b"x", service="apigateway"),
            signed(path, host, method="POST", body=b"x", age=timedelta(minutes=6)),
            "Authorization: AWS4-HMAC-SHA256 Credential=local\r\n",
            "Authorization: Basic bG9jYWw6bG9jYWw=\r\n",
        ]
        statuses = [await post(gateway, path, headers) for headers in forged]
        good = await post(gateway, path, signed(path, host, method="POST", body=b"x"))
        received = await asyncio.wait_for(socket.recv(), WAIT)

    assert statuses == [403] * len(forged)
    assert (good, received) == (200, "x")


@pytest.mark.fact("other-api-does-not-reach")
@pytest.mark.experiment("T8")
async def test_a_connection_of_one_api_is_out_of_reach_of_another(gateway, backend):
    """Two APIs with two stages each, every connection through every address.

    The stage of the address decides nothing: that is AWS's behaviour, captured in 2026.
    """
    apis = [await deploy(gateway.url, backend.url) for _ in range(2)]
    for api in apis:
        await asyncio.to_thread(api.client.create_stage, ApiId=api.api_id, StageName="other")
        await asyncio.to_thread(api.client.create_deployment, ApiId=api.api_id, StageName="other")
    outcomes = Counter()
    for api, stage in itertools.product(apis, ("test", "other")):
        url = f"{api.endpoint}/{stage}"
        async with websockets.connect(url) as socket:
            connected = await backend.wait_for("connect", sum(outcomes.values()) // 4 + 1)
            (connection_id,) = connected[-1].values("connectionId")
            for through, address in itertools.product(apis, ("test", "other")):
                endpoint = f"{gateway.url}/_aws/execute-api/{through.api_id}/{address}"
                reached = await asyncio.to_thread(try_post, endpoint, connection_id)
                outcomes[through is api, reached] += 1
            got = [await asyncio.wait_for(socket.recv(), WAIT) for _ in range(2)]
            assert got == ["x", "x"]

    assert outcomes == {(True, True): 8, (False, False): 8}


@pytest.mark.experiment("T14")
async def test_no_made_up_connection_id_gets_further_than_a_refusal(gateway, backend):
    api = await deploy(gateway.url, backend.url)
    base = f"/_aws/execute-api/{api.api_id}/test/@connections/"
    host = urlsplit(gateway.url).netloc
    statuses = Counter()
    count = sized(10_000)
    async with raw_client(gateway.url) as client:
        for number, text in enumerate(hostile_texts(count)):
            path = base + quote(text, safe="%/=$@;*-_.")
            headers = "" if number % 5 else signed(path, host)
            await client.send(f"GET {path} HTTP/1.1\r\nHost: {host}\r\n{headers}\r\n".encode())
            statuses[(await client.response()).status] += 1

    assert set(statuses) <= {400, 403, 410}
    assert statuses.total() == count
    assert backend.received == []


@pytest.mark.experiment("T14")
async def test_no_message_chooses_an_address_that_is_not_configured(gateway, backend):
    api = await deploy(gateway.url, backend.url, "$default", "join")
    texts = list(hostile_texts(sized(3_000), letters="join/connect"))
    async with raw_socket(api.url) as client:
        for text in texts:
            await client.send(frame_bytes(TEXT, json.dumps({"action": text}).encode()))
        async with asyncio.timeout(60):
            while len(backend.received) < len(texts):
                await asyncio.sleep(0.05)

    assert {request.target for request in backend.received} <= {"/default", "/join"}
