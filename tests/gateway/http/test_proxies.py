import asyncio

import pytest
import websockets

from django_aws_api_gateway_websockets.gateway.config import Config
from django_aws_api_gateway_websockets.gateway.http.messages import HttpRequest
from django_aws_api_gateway_websockets.gateway.http.proxies import Proxies, address_of, networks_in
from django_aws_api_gateway_websockets.gateway.server import running_gateway
from tests.gateway.aws import deploy
from tests.gateway.backend import WAIT
from tests.gateway.processes import run
from tests.gateway.raw import raw_client


def asked(*forwarded):
    headers = tuple(("X-Forwarded-For", value) for value in forwarded)
    return HttpRequest("GET", "/", headers)


@pytest.mark.parametrize(
    ("forwarded", "client"),
    [
        ((), "127.0.0.1"),
        (("203.0.113.9",), "203.0.113.9"),
        (("1.1.1.1, 203.0.113.9",), "203.0.113.9"),
        (("1.1.1.1", "203.0.113.9"), "203.0.113.9"),
        (("203.0.113.9:4711",), "203.0.113.9"),
        (("[2001:db8::1]:4711",), "2001:db8::1"),
        (("2001:db8::1",), "2001:db8::1"),
        (("::ffff:203.0.113.9",), "203.0.113.9"),
        (("203.0.113.9, evil",), "127.0.0.1"),
        (("203.0.113.9,",), "127.0.0.1"),
    ],
)
def test_only_the_last_hop_counts_and_only_if_it_is_an_address(forwarded, client):
    assert Proxies(()).client_of(asked(*forwarded), "127.0.0.1") == client


def test_an_address_that_is_no_proxy_speaks_for_nobody():
    assert Proxies(None).client_of(asked("203.0.113.9"), "127.0.0.1") == "127.0.0.1"
    assert Proxies(()).client_of(asked("203.0.113.9"), "198.51.100.1") == "198.51.100.1"


@pytest.mark.parametrize(
    ("peer", "is_admitted"),
    [
        ("127.0.0.1", True),
        ("::1", True),
        ("::ffff:127.0.0.1", True),
        ("10.1.2.3", True),
        ("192.0.2.1", False),
        ("", False),
    ],
)
def test_behind_a_proxy_nobody_else_is_listened_to(peer, is_admitted):
    assert Proxies(networks_in("10.0.0.0/8, 172.16.0.1")).admits(peer) is is_admitted
    assert Proxies(None).admits(peer)


def test_an_invalid_address_is_read_as_none():
    assert address_of("unix") is None
    assert address_of("[::1].evil.example") is None
    assert address_of("10.0.0.1:evil.example") is None
    assert str(address_of("fe80::1%eth0")) == "fe80::1"


def test_networks_that_are_none_are_named():
    refused = run("--behind-proxy", "10.0.0.5,ten")

    assert refused.returncode == 2
    assert "'ten'" in refused.stderr


async def test_backends_see_the_address_the_proxy_saw_and_no_lie(backend):
    parameters = {"integration.request.header.ip": "context.identity.sourceIp"}
    async with running_gateway(Config(port=0, behind_proxy=True)) as gateway:
        api = await deploy(gateway.url, backend.url, parameters=parameters)
        async with websockets.connect(
            api.url, additional_headers={"X-Forwarded-For": "10.9.9.9, 203.0.113.9"}
        ):
            pass
    (connect,) = backend.on("connect")

    assert connect.values("ip") == ["203.0.113.9"]
    assert connect.values("x-forwarded-for") == ["203.0.113.9"]
    assert connect.values("x-forwarded-proto") == ["https"]


async def test_without_a_proxy_the_header_is_a_lie(gateway, backend):
    api = await deploy(gateway.url, backend.url)
    headers = {"X-Forwarded-For": "203.0.113.9"}
    async with websockets.connect(api.url, additional_headers=headers):
        pass

    assert backend.on("connect")[0].values("x-forwarded-for") == ["127.0.0.1"]


async def test_an_address_has_its_share_of_sockets_and_others_have_theirs(backend):
    config = Config(port=0, behind_proxy=True, max_connections_per_address=2)
    async with running_gateway(config) as gateway:
        api = await deploy(gateway.url, backend.url)
        crowd = {"X-Forwarded-For": "203.0.113.9"}
        async with (
            websockets.connect(api.url, additional_headers=crowd) as first,
            websockets.connect(api.url, additional_headers=crowd),
        ):
            with pytest.raises(websockets.InvalidStatus) as refused:
                await websockets.connect(api.url, additional_headers=crowd)
            assert refused.value.response.status_code == 429
            other = {"X-Forwarded-For": "203.0.113.10"}
            async with websockets.connect(api.url, additional_headers=other):
                pass
            await first.close()
            async with websockets.connect(api.url, additional_headers=crowd):
                pass
            assert gateway.front.occupancy.total >= 2
    async with asyncio.timeout(WAIT):
        while gateway.front.occupancy.total:
            await asyncio.sleep(0.01)


async def test_a_connection_over_the_limit_is_told_to_come_again(backend):
    async with running_gateway(Config(port=0, max_connections=3)) as gateway:
        url = gateway.url
        async with raw_client(url), raw_client(url), raw_client(url):
            while gateway.front.occupancy.total < 3:
                await asyncio.sleep(0.01)
            async with raw_client(url) as fourth:
                refused = await fourth.response()
                await fourth.wait_closed()
        while gateway.front.occupancy.total:
            await asyncio.sleep(0.01)
        async with raw_client(url) as client:
            await client.send(b"GET /_gateway/health HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert (await client.response()).status == 200

    assert refused.status == 503
    assert refused.value("Retry-After") == "5"
