"""The whole life of an API, once in the hands of boto3 and once in those of the AWS CLI."""

import asyncio
from functools import partial

import pytest
import websockets

from django_aws_api_gateway_websockets.gateway.config import Config
from django_aws_api_gateway_websockets.gateway.server import running_gateway
from tests.conformance.judges import (
    AwsCli,
    Boto3Judge,
    CliJudge,
    RefusedError,
    install_aws_cli,
)
from tests.gateway.backend import WAIT, Answer, running_backend

DOMAIN = "chat.example.test"
CERTIFICATE = "arn:aws:acm:us-east-1:000000000000:certificate/x"

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def aws_cli(request):
    cli = AwsCli(install_aws_cli(request.config.cache.mkdir))
    yield cli
    cli.close()


@pytest.fixture
async def backend():
    async def name_of_route(request):
        return Answer(200, request.route.encode())

    async with running_backend() as backend:
        backend.answer = name_of_route
        yield backend


@pytest.fixture
async def gateway(backend):
    async with running_gateway(Config(port=0)) as gateway:
        yield gateway


@pytest.fixture(params=["boto3", "aws cli"])
def judge(request, gateway):
    if request.param == "boto3":
        return Boto3Judge(gateway.url)
    return CliJudge(gateway.url, request.getfixturevalue("aws_cli"))


async def in_thread(function, *arguments, **options):
    return await asyncio.to_thread(partial(function, *arguments, **options))


def create(judge, backend):
    """An API with a stage `live` that answers `first`; its id and its integration's."""
    api_id = judge.call(
        "create_api",
        Name="chat",
        ProtocolType="WEBSOCKET",
        RouteSelectionExpression="$request.body.action",
        Tags={"team": "chat"},
    )["ApiId"]
    integration_id = judge.call(
        "create_integration",
        ApiId=api_id,
        IntegrationType="HTTP_PROXY",
        IntegrationMethod="POST",
        IntegrationUri=f"{backend.url}/first",
        RequestParameters={"integration.request.header.Connectionid": "context.connectionId"},
    )["IntegrationId"]
    for key in ("$connect", "$default", "$disconnect"):
        route_id = judge.call(
            "create_route", ApiId=api_id, RouteKey=key, Target=f"integrations/{integration_id}"
        )["RouteId"]
    route_id = next(
        route["RouteId"]
        for route in judge.call("get_routes", ApiId=api_id)["Items"]
        if route["RouteKey"] == "$default"
    )
    judge.call("create_route_response", ApiId=api_id, RouteId=route_id, RouteResponseKey="$default")
    judge.call("create_stage", ApiId=api_id, StageName="live")
    judge.call("create_deployment", ApiId=api_id, StageName="live")
    return api_id, integration_id


def give_a_domain(judge, api_id):
    judge.call(
        "create_domain_name",
        DomainName=DOMAIN,
        DomainNameConfigurations=[{"CertificateArn": CERTIFICATE, "EndpointType": "REGIONAL"}],
    )
    return judge.call(
        "create_api_mapping", DomainName=DOMAIN, ApiId=api_id, Stage="live", ApiMappingKey="v1"
    )["ApiMappingId"]


def point_elsewhere(judge, backend, api_id, integration_id):
    judge.call(
        "update_integration",
        ApiId=api_id,
        IntegrationId=integration_id,
        IntegrationUri=f"{backend.url}/second",
    )


def delete(judge, api_id, mapping_id):
    with pytest.raises(RefusedError, match="Please remove all API mappings") as refused:
        judge.call("delete_api", ApiId=api_id)
    assert refused.value.code == "BadRequestException"
    judge.call("delete_api_mapping", DomainName=DOMAIN, ApiMappingId=mapping_id)
    judge.call("delete_domain_name", DomainName=DOMAIN)
    judge.call("delete_api", ApiId=api_id)
    with pytest.raises(RefusedError) as gone:
        judge.call("get_api", ApiId=api_id)
    assert gone.value.code == "NotFoundException"


@pytest.mark.fact("open-connections-follow", "statuses")
async def test_an_api_is_created_called_redeployed_under_an_open_socket_and_deleted(
    judge, gateway, backend
):
    api_id, integration_id = await in_thread(create, judge, backend)
    mapping_id = await in_thread(give_a_domain, judge, api_id)
    port = gateway.url.rpartition(":")[2]
    address = f"ws://127.0.0.1:{port}/_aws/execute-api/{api_id}/live"
    by_domain = {"host": "127.0.0.1", "port": int(port)}

    async def ask(socket):
        await socket.send("hello")
        return await asyncio.wait_for(socket.recv(), WAIT)

    async with (
        websockets.connect(address) as socket,
        websockets.connect(f"ws://{DOMAIN}/v1", **by_domain) as other,
    ):
        assert await ask(socket) == await ask(other) == "first"
        await in_thread(point_elsewhere, judge, backend, api_id, integration_id)
        assert await ask(socket) == "first"
        await in_thread(judge.call, "create_deployment", ApiId=api_id, StageName="live")
        assert await ask(socket) == await ask(other) == "second"
        await in_thread(delete, judge, api_id, mapping_id)
        for closing in (socket, other):
            with pytest.raises(websockets.ConnectionClosed) as closed:
                await asyncio.wait_for(closing.recv(), WAIT)
            assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (1001, "Going away")


async def test_a_connection_is_posted_to_looked_at_and_closed(judge, gateway, backend):
    api_id, _ = await in_thread(create, Boto3Judge(gateway.url), backend)
    endpoint = f"{gateway.url}/_aws/execute-api/{api_id}/live"
    async with websockets.connect(endpoint.replace("http", "ws", 1)) as socket:
        (connection_id,) = backend.received[0].values("Connectionid")
        await in_thread(
            judge.call_connection,
            endpoint,
            "post_to_connection",
            ConnectionId=connection_id,
            Data="hello",
        )
        received = await asyncio.wait_for(socket.recv(), WAIT)
        seen = await in_thread(
            judge.call_connection, endpoint, "get_connection", ConnectionId=connection_id
        )
        await in_thread(
            judge.call_connection, endpoint, "delete_connection", ConnectionId=connection_id
        )
        with pytest.raises(websockets.ConnectionClosedOK):
            await asyncio.wait_for(socket.recv(), WAIT)
    with pytest.raises(RefusedError) as gone:
        await in_thread(
            judge.call_connection, endpoint, "get_connection", ConnectionId=connection_id
        )

    assert received == "hello"
    assert seen["Identity"]["SourceIp"] == "127.0.0.1"
    # AWS says it in the header alone: the body is empty.
    assert (gone.value.code, gone.value.message) == ("GoneException", "")


@pytest.mark.fact("too-large-post", "largest-post")
@pytest.mark.parametrize(
    ("size", "code"), [(131072, "GoneException"), (131073, "413")], ids=["largest", "too large"]
)
async def test_the_largest_post_is_taken_and_a_byte_more_is_a_bare_413(
    judge, gateway, backend, size, code
):
    api_id, _ = await in_thread(create, Boto3Judge(gateway.url), backend)
    endpoint = f"{gateway.url}/_aws/execute-api/{api_id}/live"
    # The shell's limit for one argument is 128 KB, so the CLI is given a file.
    with pytest.raises(RefusedError) as refused:
        await in_thread(post_large, judge, endpoint, size)

    assert refused.value.code == code


def post_large(judge, endpoint, size):
    if isinstance(judge, Boto3Judge):
        judge.call_connection(
            endpoint, "post_to_connection", ConnectionId="L0SM9cOFvHcCIhw=", Data=b"x" * size
        )
        return
    file = judge.cli.folder / "large-post.txt"
    file.write_bytes(b"x" * size)
    judge.run(
        *("apigatewaymanagementapi", "post-to-connection", "--connection-id", "L0SM9cOFvHcCIhw="),
        *("--data", f"fileb://{file}"),
        url=endpoint,
    )


@pytest.mark.fact("paging")
async def test_the_cli_pages_through_lists_by_itself(gateway, aws_cli):
    judge = CliJudge(gateway.url, aws_cli)
    boto = Boto3Judge(gateway.url)

    def page():
        api_id = boto.call(
            "create_api",
            Name="chat",
            ProtocolType="WEBSOCKET",
            RouteSelectionExpression="$request.body.action",
        )["ApiId"]
        for number in range(60):
            boto.call("create_route", ApiId=api_id, RouteKey=f"route-{number}")
        command = ("apigatewayv2", "get-routes", "--api-id", api_id)
        return judge.run(*command), judge.run(*command, "--page-size", "7", "--max-items", "10")

    everything, some = await in_thread(page)

    assert [item["RouteKey"] for item in everything["Items"]] == [
        f"route-{number}" for number in range(60)
    ]
    assert len(some["Items"]) == 10
    assert "NextToken" in some
