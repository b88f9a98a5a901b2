import asyncio
from datetime import timedelta
from urllib.parse import urlsplit

import pytest

from django_aws_api_gateway_websockets.gateway.config import Config
from django_aws_api_gateway_websockets.gateway.server import running_gateway
from tests.gateway.aws import deploy
from tests.gateway.raw import raw_client
from tests.gateway.signing import signed

GONE = "gbgHN0-zjQAYKEjhgA%3D%3D"


async def ask(gateway, path, headers):
    host = urlsplit(gateway.url).netloc
    async with raw_client(gateway.url) as client:
        await client.send(f"GET {path} HTTP/1.1\r\nHost: {host}\r\n{headers}\r\n".encode())
        return await client.response()


@pytest.fixture
async def path(gateway, backend):
    api = await deploy(gateway.url, backend.url)
    return f"/_aws/execute-api/{api.api_id}/test/@connections/{GONE}"


async def test_a_good_signature_passes(gateway, path):
    response = await ask(gateway, path, signed(path, urlsplit(gateway.url).netloc))

    assert response.status == 410


@pytest.mark.fact("wrong-signature")
@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"access_key": "unknown"}, "UnrecognizedClientException"),
        ({"service": "apigateway"}, "InvalidSignatureException"),
        ({"method": "POST"}, "InvalidSignatureException"),
        ({"body": b"x"}, "InvalidSignatureException"),
        ({"host": "elsewhere"}, "InvalidSignatureException"),
        ({"age": timedelta(minutes=6)}, "InvalidSignatureException"),
        ({"age": -timedelta(minutes=6)}, "InvalidSignatureException"),
    ],
)
async def test_a_signature_for_something_else_is_refused(gateway, path, changes, kind):
    host = changes.get("host", urlsplit(gateway.url).netloc)
    options = {key: value for key, value in changes.items() if key != "host"}
    response = await ask(gateway, path, signed(path, host, **options))

    assert response.status == 403
    assert response.value("x-amzn-errortype") == kind


@pytest.mark.fact("unsigned-call")
async def test_no_signature_is_a_missing_token_on_both_apis(gateway, path):
    for target in (path, "/v2/apis"):
        response = await ask(gateway, target, "")

        assert response.status == 403
        assert response.value("x-amzn-errortype") == "MissingAuthenticationTokenException"
        assert response.body == b'{"message":"Missing Authentication Token"}'


@pytest.mark.experiment("T16")
async def test_a_preflight_of_a_browser_is_not_answered(gateway):
    host = urlsplit(gateway.url).netloc
    async with raw_client(gateway.url) as client:
        await client.send(
            f"OPTIONS /v2/apis HTTP/1.1\r\nHost: {host}\r\nOrigin: http://evil.example\r\n"
            "Access-Control-Request-Method: POST\r\n"
            "Access-Control-Request-Headers: authorization\r\n\r\n".encode()
        )
        response = await client.response()

    assert response.status == 403
    assert not [name for name, _ in response.headers if name.lower().startswith("access-control")]


async def test_a_refused_call_changes_nothing(gateway):
    host = urlsplit(gateway.url).netloc
    async with raw_client(gateway.url) as client:
        body = b'{"name":"x","protocolType":"WEBSOCKET","routeSelectionExpression":"a"}'
        head = f"POST /v2/apis HTTP/1.1\r\nHost: {host}\r\nContent-Length: {len(body)}\r\n\r\n"
        await client.send(head.encode() + body)
        response = await client.response()
        headers = signed("/v2/apis", host, service="apigateway")
        await client.send(f"GET /v2/apis HTTP/1.1\r\nHost: {host}\r\n{headers}\r\n".encode())
        listed = await client.response()

    assert response.status == 403
    assert listed.body == b'{"items":[]}'


async def test_a_fast_clock_does_not_age_signatures(backend):
    async with running_gateway(Config(port=0, clock_speed=100_000)) as gateway:
        await asyncio.sleep(0.05)
        host = urlsplit(gateway.url).netloc
        response = await ask(gateway, "/v2/apis", signed("/v2/apis", host, service="apigateway"))

    assert response.status == 200
