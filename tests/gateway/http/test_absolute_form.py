"""Requests whose target is a whole URL, as clients send them that take the gateway for a proxy."""

import pytest

from tests.gateway.aws import deploy
from tests.gateway.raw import handshake_bytes, raw_client


def get(target, host="localhost"):
    return f"GET {target} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()


@pytest.mark.fact("absolute-form")
@pytest.mark.parametrize(
    ("target", "status"),
    [
        ("http://localhost/_gateway/health", 200),
        ("HTTP://127.0.0.1:80/_gateway/health?a=b", 200),
        ("http://localhost", 403),
        ("http://localhost?a=b", 403),
        ("http://other.example.com/_gateway/health", 403),
        ("http://user@localhost/_gateway/health", 403),
    ],
)
async def test_a_whole_url_leads_where_its_path_does(gateway, target, status):
    async with raw_client(gateway.url) as client:
        await client.send(get(target))

        assert (await client.response()).status == status


@pytest.mark.fact("absolute-form")
async def test_the_host_of_the_url_counts_and_not_that_of_the_header(gateway):
    async with raw_client(gateway.url) as client:
        await client.send(get("http://evil.example.com/_gateway/health", host="localhost"))
        assert (await client.response()).status == 403
        await client.send(get("http://localhost/_gateway/health", host="evil.example.com"))
        assert (await client.response()).status == 200


@pytest.mark.fact("absolute-form")
async def test_a_handshake_with_a_whole_url_is_one_with_its_path(gateway, backend):
    api = await deploy(gateway.url, backend.url)
    async with raw_client(gateway.url) as client:
        whole = handshake_bytes(f"{api.url}?room=a")
        path = whole.split(b" ")[1]
        await client.send(whole.replace(path, b"http://localhost" + path, 1))
        assert (await client.response()).status == 101
    [connect] = await backend.wait_for("connect")

    assert connect.target == "/connect?room=a"
