"""The bytes of the answers of `@connections`, which boto3 hides."""

import random
import re
from urllib.parse import urlsplit

import pytest

from tests.gateway.aws import deploy
from tests.gateway.raw import raw_client, raw_socket
from tests.gateway.signing import signed


async def ask(gateway, path, method="GET", body=b""):
    host = urlsplit(gateway.url).netloc
    headers = signed(path, host, method=method, body=body)
    request = f"{method} {path} HTTP/1.1\r\nHost: {host}\r\n{headers}"
    async with raw_client(gateway.url) as client:
        await client.send(f"{request}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        return await client.response()


@pytest.fixture
async def api(gateway, backend):
    return await deploy(gateway.url, backend.url)


def path_to(api, connection_id):
    return f"/_aws/execute-api/{api.api_id}/test/@connections/{connection_id.replace('=', '%3D')}"


@pytest.mark.fact("get-answer", "get-user-agent-null")
async def test_a_description_is_printed_as_aws_prints_it(gateway, backend, api):
    async with raw_socket(api.url):
        (connect,) = await backend.wait_for("connect")
        response = await ask(gateway, path_to(api, connect.values("connectionId")[0]))

    moment = rb'"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"'
    assert response.value("content-type") == "application/json"
    assert re.fullmatch(
        rb'{\n  "identity" : {\n    "sourceIp" : "127.0.0.1",\n    "userAgent" : null\n  },\n'
        rb'  "connectedAt" : ' + moment + rb',\n  "lastActiveAt" : ' + moment + rb"\n}",
        response.body,
    )


@pytest.mark.fact("post-answer")
async def test_a_post_answers_200_with_an_empty_json_body(gateway, backend, api):
    async with raw_socket(api.url) as client:
        (connect,) = await backend.wait_for("connect")
        path = path_to(api, connect.values("connectionId")[0])
        response = await ask(gateway, path, "POST", b"caf\xc3\xa9")
        frame = await client.frame()

    assert (response.status, response.body) == (200, b"")
    assert response.value("content-length") == "0"
    assert response.value("content-type") == "application/json"
    assert frame == (0x81, b"caf\xc3\xa9")


@pytest.mark.fact("other-methods")
@pytest.mark.parametrize("method", ["PUT", "HEAD", "PATCH", "OPTIONS"])
async def test_other_methods_are_forbidden(gateway, backend, api, method):
    async with raw_socket(api.url):
        (connect,) = await backend.wait_for("connect")
        path = path_to(api, connect.values("connectionId")[0])
        response = await ask(gateway, path, method)

    assert response.status == 403


@pytest.mark.fact("stage-has-to-exist")
@pytest.mark.parametrize(
    "path",
    ["/unknown/test/@connections/x", "/{api}/unknown/@connections/x", "/{api}/test/@connections"],
)
async def test_an_address_that_leads_nowhere_is_forbidden(gateway, api, path):
    response = await ask(gateway, "/_aws/execute-api" + path.format(api=api.api_id))

    assert (response.status, response.body) == (403, b'{"message":"Forbidden"}')
    assert len(response.body) == 23
    assert response.value("x-amzn-errortype") == "ForbiddenException"


@pytest.mark.slow
async def test_a_made_up_id_is_never_more_than_a_bad_request(gateway, api):
    pieces = ["..", "%2f", "%00", "%0a", "%E2%80%A8", "@connections", "=", "A", "%25", ";", "+"]
    source = random.Random(20261121)
    host = urlsplit(gateway.url).netloc
    statuses = set()
    async with raw_client(gateway.url) as client:
        for _ in range(2000):
            tail = "".join(source.choices(pieces, k=source.randrange(1, 8)))
            path = f"/_aws/execute-api/{api.api_id}/test/@connections/{tail}"
            await client.send(f"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
            statuses.add((await client.response()).status)

    assert statuses == {400}
