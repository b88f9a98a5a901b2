"""boto3 judges VPC links to Network Load Balancers, and the integrations that use them."""

import asyncio

import pytest
import websockets
from botocore.exceptions import ClientError

from django_aws_api_gateway_websockets.gateway.config import Config
from django_aws_api_gateway_websockets.gateway.server import running_gateway
from tests.conformance.control_plane import PROXY, deploy
from tests.gateway.aws import RoutePlan, deploy_plans, first_control_plane
from tests.gateway.backend import running_backend
from tests.gateway.test_time_limits import HandMovedClock

ARN = "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/{}/balancer/12a456s89aaa12"
BALANCER = ARN.format("net")
MINUTE = 60


def integration_to(link_id):
    return PROXY | {"ConnectionType": "VPC_LINK", "ConnectionId": link_id}


@pytest.fixture
def first(gateway):
    return first_control_plane(gateway.url)


@pytest.fixture
def link(client, api_id, first):
    """The id of a link; at the end nothing uses it any more, and it is deleted."""
    made = first.create_vpc_link(name="balancer", targetArns=[BALANCER])["id"]
    yield made
    client.delete_api(ApiId=api_id)
    first.delete_vpc_link(vpcLinkId=made)


@pytest.mark.fact("vpc-links")
def test_a_link_is_made_read_listed_changed_and_deleted(first):
    given = {"name": "balancer", "description": "old", "tags": {"team": "chat"}}
    made = first.create_vpc_link(**given, targetArns=[BALANCER])
    own = {"vpcLinkId": made["id"]}
    patches = [
        {"op": "replace", "path": "/name", "value": "other"},
        {"op": "replace", "path": "/description", "value": "new"},
    ]
    changed = first.update_vpc_link(**own, patchOperations=patches)
    listed = first.get_vpc_links(limit=500)["items"]
    read = first.get_vpc_link(**own)
    deleted = first.delete_vpc_link(**own)

    statuses = [one.pop("ResponseMetadata")["HTTPStatusCode"] for one in (made, read, deleted)]
    assert statuses == [202, 200, 202]
    assert made == given | {"id": made["id"], "targetArns": [BALANCER], "status": "PENDING"}
    assert read == made | {"name": "other", "description": "new"}
    assert read.items() <= changed.items()
    assert read in listed
    with pytest.raises(first.exceptions.NotFoundException, match="Invalid VpcLink identifier"):
        first.get_vpc_link(**own)


@pytest.mark.fact("vpc-link-status")
async def test_a_link_is_pending_for_two_minutes_of_the_gateways_clock(tmp_path):
    clock = HandMovedClock()
    async with running_gateway(Config(port=0), clock) as gateway:
        first = first_control_plane(gateway.url)

        def seen():
            links = first.get_vpc_links()["items"]
            return {link["name"]: (link["status"], link.get("statusMessage")) for link in links}

        for kind in ("net", "app"):
            await asyncio.to_thread(first.create_vpc_link, name=kind, targetArns=[ARN.format(kind)])
        clock.moment += 2 * MINUTE - 1
        early = await asyncio.to_thread(seen)
        clock.moment += 1
        late = await asyncio.to_thread(seen)

    assert early == {"net": ("PENDING", None), "app": ("PENDING", None)}
    assert late == {
        "net": ("AVAILABLE", "Your vpc link is ready for use"),
        "app": ("FAILED", "NLB ARN is malformed"),
    }


@pytest.mark.fact("vpc-link-target")
@pytest.mark.parametrize(
    ("targets", "text"),
    [
        ([BALANCER, BALANCER], "More than one target arn specified for vpc link."),
        ([], "must have the ARN of a Network Load Balancer"),
        (["arn:aws:s3:::bucket"], "must have the ARN of a Network Load Balancer"),
        (["balancer"], "must have the ARN of a Network Load Balancer"),
    ],
)
def test_a_link_has_one_target_which_is_a_load_balancer(first, targets, text):
    with pytest.raises(first.exceptions.BadRequestException, match=text):
        first.create_vpc_link(name="balancer", targetArns=targets)


def test_members_that_are_none_of_a_link_are_refused(first):
    with pytest.raises(first.exceptions.BadRequestException, match="at 'name'"):
        first.create_vpc_link(name="", targetArns=[BALANCER])


@pytest.mark.fact("vpc-link-quota")
def test_the_quota_of_links_ends_at_twenty(first):
    there = len(first.get_vpc_links(limit=500)["items"])
    given = {"name": "balancer", "targetArns": [BALANCER]}
    made = [first.create_vpc_link(**given) for _ in range(20 - there)]
    with pytest.raises(ClientError, match="Maximum number of VpcLinks for this account"):
        first.create_vpc_link(**given)

    for one in made:
        first.delete_vpc_link(vpcLinkId=one["id"])


@pytest.mark.fact("vpc-link", "pending-vpc-link")
@pytest.mark.parametrize("kind", ["HTTP_PROXY", "HTTP"])
async def test_an_integration_with_a_new_link_is_called_as_its_uri_stands(caplog, kind):
    async with running_gateway(Config(port=0)) as gateway, running_backend() as backend:
        first = first_control_plane(gateway.url)
        link = await asyncio.to_thread(
            lambda: first.create_vpc_link(name="balancer", targetArns=[BALANCER])
        )
        uri = {"IntegrationType": kind, "IntegrationUri": f"{backend.url}/private"}
        plan = RoutePlan("$default", integration_to(link["id"]) | uri)
        api = await deploy_plans(gateway.url, plan)
        async with websockets.connect(api.url) as socket:
            for _ in range(2):
                await socket.send("hello")
            requests = await backend.wait_for("private", 2)

    assert link["status"] == "PENDING"
    assert [request.body for request in requests] == [b"hello"] * 2
    assert caplog.text.count("here is no VPC, so its IntegrationUri is called as it stands") == 1


@pytest.mark.fact("connection-id-of-vpc-link")
@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"ConnectionId": "none"}, "ConnectionId none is no VPC link"),
        ({"ConnectionId": ""}, "ConnectionType VPC_LINK needs a ConnectionId"),
        ({"ConnectionType": "INTERNET"}, "ConnectionId names a VPC link"),
        ({"ConnectionType": ""}, "ConnectionId names a VPC link"),
        ({"IntegrationType": "MOCK"}, "ConnectionType VPC_LINK needs a backend"),
        ({"IntegrationType": "AWS_PROXY"}, "IntegrationType AWS_PROXY do not exist here"),
    ],
)
def test_an_integration_whose_link_makes_no_sense_is_refused(client, api_id, link, change, text):
    given = integration_to(link) | change
    with pytest.raises(client.exceptions.BadRequestException, match=text):
        client.create_integration(ApiId=api_id, **given)

    made = client.create_integration(ApiId=api_id, **integration_to(link))
    own = {"ApiId": api_id, "IntegrationId": made["IntegrationId"]}
    with pytest.raises(client.exceptions.BadRequestException, match=text):
        client.update_integration(**own, **given)


@pytest.mark.fact("connection-id-of-vpc-link")
def test_a_link_that_fails_serves_no_integration(client, api_id, first):
    link = first.create_vpc_link(name="other", targetArns=[ARN.format("app")])["id"]
    with pytest.raises(client.exceptions.BadRequestException, match="no Network Load Balancer"):
        client.create_integration(ApiId=api_id, **integration_to(link))

    first.delete_vpc_link(vpcLinkId=link)


@pytest.mark.fact("connection-id-of-vpc-link", "cleared-members")
@pytest.mark.parametrize(
    "change", [{"ConnectionType": "INTERNET", "ConnectionId": ""}, {"ConnectionType": "INTERNET"}]
)
def test_an_integration_that_needs_no_link_any_more_has_none(client, api_id, link, change):
    made = client.create_integration(ApiId=api_id, **integration_to(link))
    own = {"ApiId": api_id, "IntegrationId": made["IntegrationId"]}
    kept = client.update_integration(**own, TimeoutInMillis=100)
    changed = client.update_integration(**own, **change)

    assert (made["ConnectionType"], made["ConnectionId"]) == ("VPC_LINK", link)
    assert kept["ConnectionId"] == link
    assert changed["ConnectionType"] == "INTERNET"
    assert "ConnectionId" not in changed


@pytest.mark.fact("vpc-link-in-use")
def test_a_link_that_is_used_is_not_deleted_and_the_words_are_those_of_aws(client, api_id, first):
    link = first.create_vpc_link(name="balancer", targetArns=[BALANCER])["id"]

    def refusal():
        with pytest.raises(first.exceptions.BadRequestException) as caught:
            first.delete_vpc_link(vpcLinkId=link)
        return caught.value.response["Error"]["Message"]

    start = f"Cannot delete vpc link. Vpc link '{link}', is referenced in "
    own = client.create_integration(ApiId=api_id, **integration_to(link))["IntegrationId"]
    assert refusal() == f"{start}[POST:{own}] in format of [Method:Resource]."
    routes = [
        client.create_route(ApiId=api_id, RouteKey=key, Target=f"integrations/{own}")["RouteId"]
        for key in ("join", "leave")
    ]
    uses = ", ".join(f"POST:{route}" for route in routes)
    assert refusal() == f"{start}[{uses}] in format of [Method:Resource]."

    client.create_stage(ApiId=api_id, StageName="prod")
    deployed = deploy(client, api_id, StageName="prod")
    uses = ", ".join(f"POST:{route}:prod" for route in routes)
    client.update_integration(
        ApiId=api_id, IntegrationId=own, ConnectionType="INTERNET", ConnectionId=""
    )
    assert refusal() == f"{start}[{uses}] in format of [Method:Resource:Stage]."
    client.create_deployment(ApiId=api_id, StageName="prod")
    client.delete_deployment(ApiId=api_id, DeploymentId=deployed)
    first.delete_vpc_link(vpcLinkId=link)


@pytest.mark.fact("connection-id-of-stage")
def test_a_stage_variable_may_choose_the_link(client, api_id, first, link):
    chosen = integration_to("${stageVariables.link}")
    own = client.create_integration(ApiId=api_id, **chosen)["IntegrationId"]
    client.create_route(ApiId=api_id, RouteKey="join", Target=f"integrations/{own}")
    client.create_stage(ApiId=api_id, StageName="prod", StageVariables={"link": link})
    deploy(client, api_id, StageName="prod")

    with pytest.raises(first.exceptions.BadRequestException, match=r":prod\] in format of"):
        first.delete_vpc_link(vpcLinkId=link)


@pytest.mark.fact("vpc-links")
def test_the_links_of_the_second_api_say_where_those_of_the_first_are_made(client):
    with pytest.raises(client.exceptions.NotFoundException, match="CreateVpcLink of the service"):
        client.create_vpc_link(Name="balancer", SubnetIds=["subnet-1"])
