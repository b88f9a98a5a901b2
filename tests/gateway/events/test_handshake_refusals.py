import asyncio
import json

import pytest
import websockets
from botocore.exceptions import ClientError

from tests.gateway.aws import deploy
from tests.gateway.backend import WAIT
from tests.gateway.raw import raw_client

DOMAIN = "ws.example.test"


async def give_domain(api, key=""):
    def create():
        api.client.create_domain_name(
            DomainName=DOMAIN, DomainNameConfigurations=[{"CertificateArn": "arn:x"}]
        )
        api.client.create_api_mapping(
            DomainName=DOMAIN, ApiId=api.api_id, Stage="test", ApiMappingKey=key
        )

    await asyncio.to_thread(create)


@pytest.mark.fact("two-authorization-headers")
async def test_several_authorization_headers_are_answered_with_a_page(gateway, backend):
    api = await deploy(gateway.url, backend.url)
    async with raw_client(api.url) as client:
        response = await client.handshake(api.url, "Authorization: a", "authorization: b")

    assert response.status == 400
    assert response.value("Content-Type") == "text/html"
    assert response.body.startswith(b"<html>")
    assert backend.received == []


async def test_one_authorization_header_reaches_the_backend(gateway, backend):
    api = await deploy(gateway.url, backend.url)
    async with raw_client(api.url) as client:
        assert (await client.handshake(api.url, "Authorization: a")).status == 101

    assert backend.on("connect")[0].values("Authorization") == ["a"]


@pytest.mark.fact("required-parameter")
@pytest.mark.parametrize(
    ("query", "lines", "status"),
    [("?token=x", ["X-Tenant: t"], 101), ("", ["X-Tenant: t"], 400), ("?token=x", [], 400)],
)
async def test_a_handshake_needs_what_its_route_requires(gateway, backend, query, lines, status):
    api = await deploy(gateway.url, backend.url)

    def require():
        (route,) = [
            item
            for item in api.client.get_routes(ApiId=api.api_id)["Items"]
            if item["RouteKey"] == "$connect"
        ]
        api.client.update_route(
            ApiId=api.api_id,
            RouteId=route["RouteId"],
            RequestParameters={
                "route.request.querystring.token": {"Required": True},
                "route.request.header.x-tenant": {"Required": True},
                "route.request.header.x-other": {"Required": False},
            },
        )
        api.client.create_deployment(ApiId=api.api_id, StageName="test")

    await asyncio.to_thread(require)
    async with raw_client(api.url) as client:
        response = await client.handshake(api.url + query, *lines)

    assert response.status == status
    assert len(backend.on("connect")) == (status == 101)
    if status == 400:
        assert b"Missing required request parameters: [" in response.body


@pytest.mark.fact("disable-default-endpoint")
async def test_a_disabled_default_endpoint_leaves_the_custom_domain_and_needs_a_deployment(
    gateway, backend
):
    api = await deploy(gateway.url, backend.url)
    await give_domain(api)
    await asyncio.to_thread(api.client.update_api, ApiId=api.api_id, DisableExecuteApiEndpoint=True)
    async with raw_client(api.url) as client:
        assert (await client.handshake(api.url)).status == 101
    await asyncio.to_thread(api.client.create_deployment, ApiId=api.api_id, StageName="test")
    async with raw_client(api.url) as client:
        closed = await client.handshake(api.url)
    with pytest.raises(ClientError) as refused:
        await asyncio.to_thread(api.management.get_connection, ConnectionId="L0SM9cOFvHcCIhw=")
    port = int(gateway.url.rpartition(":")[2])
    async with websockets.connect(f"ws://{DOMAIN}/", host="127.0.0.1", port=port) as socket:
        await socket.send("x")
        await asyncio.wait_for(backend.wait_for("default"), WAIT)

    assert closed.status == 403
    assert json.loads(closed.body) == {"message": "Forbidden"}
    assert refused.value.response["Error"]["Code"] == "ForbiddenException"


@pytest.mark.fact("stage-on-custom-domain")
@pytest.mark.parametrize("key", ["", "v1"])
async def test_the_stage_in_an_address_of_a_custom_domain_is_told_in_the_words_of_aws(
    gateway, backend, key
):
    api = await deploy(gateway.url, backend.url)
    await give_domain(api, key)
    host = f"{DOMAIN}:{gateway.url.rpartition(':')[2]}"
    prefix = f"/{key}" if key else ""
    async with raw_client(gateway.url) as client:
        path = f"{prefix}/test/@connections/L0SM9cOFvHcCIhw="
        head = f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 0\r\n\r\n"
        await client.send(head.encode())
        response = await client.response()

    assert response.status == 404
    assert json.loads(response.body)["message"] == (
        "No method found matching route test/@connections/L0SM9cOFvHcCIhw= for http method POST."
    )


@pytest.mark.fact("authorizer-on-connect-only", "missing-api-key", "iam-on-connect")
@pytest.mark.parametrize(
    ("key", "kind", "text"),
    [
        ("join", "AWS_IAM", "Currently, authorization is restricted to the $connect route only"),
        ("join", "CUSTOM", "Currently, authorization is restricted to the $connect route only"),
        ("$connect", "AWS_IAM", "AuthorizationType AWS_IAM would let everybody in"),
    ],
)
async def test_a_route_that_seems_protected_is_refused(gateway, backend, key, kind, text):
    api = await deploy(gateway.url, backend.url, "$default")
    with pytest.raises(ClientError) as caught:
        await asyncio.to_thread(
            api.client.create_route, ApiId=api.api_id, RouteKey=key, AuthorizationType=kind
        )

    assert text in caught.value.response["Error"]["Message"]
    assert caught.value.response["Error"]["Code"] == "BadRequestException"
