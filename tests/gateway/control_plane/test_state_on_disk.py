"""The control plane's state through crashes, restarts and disks without room."""

import asyncio
import json
import re
import resource
import signal

import pytest
import websockets
from botocore.exceptions import ClientError

from tests.conformance.test_boto3_parts import THROTTLE
from tests.gateway.aws import RoutePlan, control_plane, deploy_routes
from tests.gateway.backend import WAIT
from tests.gateway.processes import gateway_process

pytestmark = pytest.mark.slow

DOMAIN = "chat.example.test"
MOCK = {
    "IntegrationType": "MOCK",
    "RequestTemplates": {"$default": '{"statusCode": 202}'},
}
ANSWER = {
    "IntegrationResponseKey": "/202/",
    "ResponseTemplates": {"$default": "made of $input.body$context.stage"},
}


def build(url):
    """An API with one of everything."""
    client = control_plane(url)
    plan = RoutePlan(
        "$default",
        MOCK,
        (ANSWER,),
        settings={"RequestModels": {"$default": "Chat"}},
    )
    api = deploy_routes(
        client,
        plan,
        models={"Chat": '{"type": "object"}'},
        stage={"StageVariables": {"colour": "blue"}, "Tags": {"team": "chat"}},
    )
    client.update_stage(ApiId=api.api_id, StageName="test", RouteSettings={"$default": THROTTLE})
    client.create_domain_name(
        DomainName=DOMAIN, DomainNameConfigurations=[{"CertificateArn": "arn:x"}]
    )
    client.create_api_mapping(DomainName=DOMAIN, ApiId=api.api_id, Stage="test")
    return api.api_id


def everything_of(url, api_id):
    """All that can be asked about the API, but for its address, which has the port in it."""
    client = control_plane(url)
    own = {"ApiId": api_id}
    (integration,) = client.get_integrations(**own)["Items"]
    (route,) = client.get_routes(**own)["Items"]
    api = client.get_api(**own)
    del api["ApiEndpoint"], api["ResponseMetadata"]
    return [
        api,
        integration,
        route,
        client.get_integration_responses(**own, IntegrationId=integration["IntegrationId"])[
            "Items"
        ],
        client.get_route_responses(**own, RouteId=route["RouteId"])["Items"],
        client.get_models(**own)["Items"],
        client.get_stages(**own)["Items"],
        client.get_deployments(**own)["Items"],
        client.get_domain_names()["Items"],
        client.get_api_mappings(DomainName=DOMAIN)["Items"],
    ]


async def ask(url, api_id, *messages):
    async with websockets.connect(
        f"{url.replace('http', 'ws')}/_aws/execute-api/{api_id}/test"
    ) as socket:
        answers = []
        for message in messages:
            await socket.send(message)
            answers.append(await asyncio.wait_for(socket.recv(), WAIT))
    return answers


@pytest.mark.slow
async def test_everything_an_api_can_have_survives_a_crash(tmp_path):
    state = str(tmp_path / "state.json")
    with gateway_process("--state", state) as process:
        api_id = await asyncio.to_thread(build, process.url)
        before = await asyncio.to_thread(everything_of, process.url, api_id)
        process.stop(signal.SIGKILL)
    with gateway_process("--state", state) as process:
        after = await asyncio.to_thread(everything_of, process.url, api_id)
        good, bad = await ask(process.url, api_id, "{}", "[]")

    assert after == before
    assert good == "made of test"
    assert json.loads(bad)["message"] == "Bad request body"


@pytest.fixture
def full_disk(tmp_path):
    """A gateway whose state file has reached what the system lets it write."""
    state = tmp_path / "state.json"
    with gateway_process("--state", str(state)) as process:
        client = control_plane(process.url)
        client.create_api(
            Name="kept", ProtocolType="WEBSOCKET", RouteSelectionExpression="$request.body.action"
        )
        limit = resource.prlimit(process.process.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(process.process.pid, resource.RLIMIT_FSIZE, (1024, limit[1]))
        yield process, client, state, limit


def create(client, name):
    return client.create_api(
        Name=name,
        ProtocolType="WEBSOCKET",
        RouteSelectionExpression="$request.body.action",
        Description="x" * 1000,
    )


def test_a_change_the_disk_has_no_room_for_is_refused_in_words_and_the_file_stays_whole(full_disk):
    process, client, state, limit = full_disk
    before = state.read_text()
    with pytest.raises(ClientError) as caught:
        create(client, "lost")
    during, names = state.read_text(), [api["Name"] for api in client.get_apis()["Items"]]
    resource.prlimit(process.process.pid, resource.RLIMIT_FSIZE, limit)
    create(client, "after")

    error = caught.value.response
    assert error["ResponseMetadata"]["HTTPStatusCode"] == 500
    assert re.fullmatch(
        r"The state could not be saved to \S+state\.json \(File too large\), so nothing was "
        r"changed: make room or repair it, and try again\.",
        error["Error"]["Message"],
    )
    assert during == before
    assert names == ["kept"]
    assert [path.name for path in state.parent.iterdir()] == ["state.json"]
    assert [api["Name"] for api in client.get_apis()["Items"]] == ["kept", "after"]
    assert "after" in state.read_text()


@pytest.mark.slow
def test_open_connections_outlive_a_change_that_could_not_be_saved(tmp_path):
    state = tmp_path / "state.json"
    with gateway_process("--state", str(state)) as process:
        api_id = build(process.url)
        limit = resource.prlimit(process.process.pid, resource.RLIMIT_FSIZE)

        async def change_under_an_open_socket():
            address = f"{process.url.replace('http', 'ws')}/_aws/execute-api/{api_id}/test"
            async with websockets.connect(address) as socket:
                await socket.send("{}")
                first = await asyncio.wait_for(socket.recv(), WAIT)
                resource.prlimit(process.process.pid, resource.RLIMIT_FSIZE, (1024, limit[1]))
                with pytest.raises(ClientError, match="could not be saved"):
                    await asyncio.to_thread(
                        control_plane(process.url).delete_stage, ApiId=api_id, StageName="test"
                    )
                await socket.send("{}")
                return first, await asyncio.wait_for(socket.recv(), WAIT)

        control_plane(process.url).delete_api_mapping(
            DomainName=DOMAIN,
            ApiMappingId=control_plane(process.url).get_api_mappings(DomainName=DOMAIN)["Items"][0][
                "ApiMappingId"
            ],
        )
        assert asyncio.run(change_under_an_open_socket()) == ("made of test", "made of test")
