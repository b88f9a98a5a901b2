import logging

import pytest

from django_aws_api_gateway_websockets.core.events.event import Handshake
from django_aws_api_gateway_websockets.gateway.events.page_hosts import explain_hosts
from tests.gateway.aws import deploy
from tests.gateway.backend import Answer
from tests.gateway.raw import raw_client


@pytest.mark.parametrize(
    ("headers", "socket_host", "is_explained"),
    [
        ({"Origin": "http://localhost:8000"}, "127.0.0.1", True),
        ({"origin": "http://127.0.0.1:8000"}, "localhost", True),
        ({"Origin": "http://[::1]:8000"}, "localhost", True),
        ({"Origin": "http://localhost:8000"}, "localhost", False),
        ({"Origin": "http://localhost:8000", "cookie": "a=b"}, "127.0.0.1", False),
        ({"Origin": "null"}, "127.0.0.1", False),
        ({"Origin": "http://localhost:evil.com"}, "127.0.0.1", False),
        ({}, "127.0.0.1", False),
    ],
)
def test_a_page_at_another_name_is_named(headers, socket_host, is_explained):
    text = explain_hosts(Handshake(tuple(headers.items())), socket_host)

    assert bool(text) == is_explained
    assert not text or f"opened its socket at {socket_host}" in text


async def test_a_refused_page_at_another_name_is_in_the_log(gateway, backend, caplog):
    api = await deploy(gateway.url, backend.url)
    backend.answers("connect", Answer(400, b"Missing 1 headers"))
    caplog.set_level(logging.INFO)

    async with raw_client(gateway.url) as client:
        await client.handshake(api.url, "Origin: http://localhost:8000")

    assert "The page is at localhost and opened its socket at 127.0.0.1" in caplog.text
