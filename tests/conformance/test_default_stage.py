"""A stage `$default` of a WebSocket API: made by boto3, reached by a client, posted to by boto3."""

import json

import pytest
from websockets.sync.client import connect

from tests.conformance.control_plane import PROXY, create_api
from tests.gateway.aws import management

WAIT = 30


@pytest.fixture(scope="module")
def api(client):
    api = create_api(client)
    own = {"ApiId": api["ApiId"]}
    integration = client.create_integration(**own, **PROXY)["IntegrationId"]
    client.create_route(**own, RouteKey="$default", Target=f"integrations/{integration}")
    client.create_stage(**own, StageName="$default", AutoDeploy=True)
    return api


@pytest.mark.fact("default-stage", "stage-name-alphabet")
def test_it_is_created_read_changed_deployed_to_and_deleted(client):
    own = {"ApiId": create_api(client)["ApiId"], "StageName": "$default"}
    assert client.create_stage(**own)["StageName"] == "$default"
    client.update_stage(**own, Description="all", RouteSettings={"$default": {}})
    client.create_route(ApiId=own["ApiId"], RouteKey="$default")
    deployment = client.create_deployment(**own)["DeploymentId"]

    arn = f"arn:aws:apigateway:us-east-1::/apis/{own['ApiId']}/stages/$default"
    client.tag_resource(ResourceArn=arn, Tags={"team": "chat"})

    assert client.get_stage(**own)["DeploymentId"] == deployment
    assert client.get_stage(**own)["Tags"] == client.get_tags(ResourceArn=arn)["Tags"]
    client.delete_route_settings(**own, RouteKey="$default")
    client.delete_stage(**own)
    with pytest.raises(client.exceptions.NotFoundException):
        client.get_stage(**own)


@pytest.mark.fact("default-stage")
@pytest.mark.parametrize(
    "path",
    [
        "/_aws/execute-api/{api}/$default",
        "/_aws/execute-api/{api}/%24default?room=a",
        "/_aws/execute-api/{api}/$default/",
        "/_aws/execute-api/{api}",
        "/_aws/execute-api/{api}/?room=a",
        "/$default",
        "/",
    ],
)
def test_clients_and_posts_reach_it_with_its_name_and_without(gateway, api, path):
    address = path.format(api=api["ApiId"])
    endpoint = gateway.url + address.partition("?")[0].rstrip("/")
    with connect(gateway.url.replace("http", "ws") + address) as socket:
        socket.send("hello")
        connection_id = json.loads(socket.recv(timeout=WAIT))["connectionId"]
        management(endpoint).post_to_connection(ConnectionId=connection_id, Data=b"posted")

        assert socket.recv(timeout=WAIT) == "posted"
        assert management(endpoint).get_connection(ConnectionId=connection_id)["ConnectedAt"]


@pytest.mark.fact("default-stage")
def test_another_stage_is_still_found_by_its_name(gateway, client, api):
    client.create_stage(ApiId=api["ApiId"], StageName="other", AutoDeploy=True)
    client.update_api(ApiId=api["ApiId"], Description="deployed")

    with connect(gateway.url.replace("http", "ws") + "/other") as socket:
        socket.send("hello")
        assert "connectionId" in json.loads(socket.recv(timeout=WAIT))
