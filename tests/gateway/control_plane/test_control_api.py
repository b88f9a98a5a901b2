"""Calls of the control plane that are broken on purpose, as boto3 cannot send them."""

import json
from urllib.parse import urlsplit

import pytest

from tests.gateway.aws import deploy
from tests.gateway.raw import raw_client
from tests.gateway.signing import signed


async def ask(gateway, method, path, body=b""):
    host = urlsplit(gateway.url).netloc
    headers = signed(path, host, method=method, body=body, service="apigateway")
    async with raw_client(gateway.url) as client:
        head = f"{method} {path} HTTP/1.1\r\nHost: {host}\r\n{headers}"
        await client.send(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        return await client.response()


@pytest.mark.parametrize(
    "body",
    [
        b"not json",
        b"[]",
        b'"text"',
        b"[" * 100_000,
        b"\xff",
        b"{}",
        b'{"name": 1, "protocolType": "WEBSOCKET", "routeSelectionExpression": "a"}',
        b'{"name": "x", "protocolType": "WEBSOCKET", "routeSelectionExpression": ["a"]}',
        b'{"name": "x", "protocolType": "WEBSOCKET", "routeSelectionExpression": "a", "tags": []}',
        b'{"name": "x", "protocolType": "WEBSOCKET", "tags": {"_custom_id_": 1}}',
        b'{"name": "x", "protocolType": {}, "routeSelectionExpression": "a"}',
        b'{"name": "x", "protocolType": "WEBSOCKET", "disableSchemaValidation": "yes"}',
    ],
)
async def test_a_body_that_is_no_api_is_a_bad_request(gateway, body):
    response = await ask(gateway, "POST", "/v2/apis", body)

    assert response.status == 400
    assert response.value("x-amzn-errortype") == "BadRequestException"
    assert "message" in json.loads(response.body)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", "/v2/apis"),
        ("DELETE", "/v2/apis"),
        ("PATCH", "/v2/apis"),
        ("POST", "/v2/apis/{api}"),
        ("GET", "/v2/"),
        ("GET", "/v2/apis/"),
        ("GET", "/v2/apis/{api}/"),
        ("GET", "/v2/apis/{api}/routes/x/y"),
        ("GET", "/v2/routes"),
        ("GET", "/v2/apis/..%2F..%2Fx"),
    ],
)
async def test_a_request_that_matches_no_call_is_not_found(gateway, backend, method, path):
    api = await deploy(gateway.url, backend.url)
    response = await ask(gateway, method, path.format(api=api.api_id))

    assert response.status == 404
    assert response.value("x-amzn-errortype") == "NotFoundException"


async def test_null_counts_as_not_given_and_unknown_members_are_ignored(gateway):
    body = (
        b'{"name": "x", "protocolType": "WEBSOCKET", "routeSelectionExpression": "a", '
        b'"description": null, "corsConfiguration": null, "unheardOf": 1}'
    )
    response = await ask(gateway, "POST", "/v2/apis", body)

    assert response.status == 201
    assert "description" not in json.loads(response.body)


async def test_a_number_that_is_none_is_refused(gateway, backend):
    api = await deploy(gateway.url, backend.url)
    body = (
        b'{"integrationType": "HTTP_PROXY", "integrationMethod": "POST", '
        b'"integrationUri": "http://a/", "timeoutInMillis": true}'
    )
    response = await ask(gateway, "POST", f"/v2/apis/{api.api_id}/integrations", body)

    assert response.status == 400
    assert b"timeoutInMillis" in response.body


@pytest.mark.fact("statuses", "wire-names")
async def test_members_are_camel_case_and_every_kind_of_call_has_its_status(gateway):
    body = {"name": "x", "protocolType": "WEBSOCKET", "routeSelectionExpression": "a"}
    created = await ask(gateway, "POST", "/v2/apis", json.dumps(body).encode())
    api = json.loads(created.body)
    path = f"/v2/apis/{api['apiId']}"
    tags = f"/v2/tags/arn%3Aaws%3Aapigateway%3Aus-east-1%3A%3A%2Fapis%2F{api['apiId']}"

    assert body.items() <= api.items()
    assert created.status == 201
    assert (await ask(gateway, "GET", path)).status == 200
    assert (await ask(gateway, "PATCH", path, b'{"name": "y"}')).status == 200
    assert (await ask(gateway, "POST", tags, b'{"tags": {"a": "b"}}')).status == 201
    assert (await ask(gateway, "DELETE", path)).status == 204
