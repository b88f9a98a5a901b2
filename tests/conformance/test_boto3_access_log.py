"""boto3 sets what a stage's events look like in the access log of a real gateway process."""

import json
import time

import pytest
from websockets.sync.client import connect

from tests.gateway.aws import control_plane, deploy_api
from tests.gateway.processes import DEADLINE, gateway_process

ARN = "arn:aws:logs:us-east-1:000000000000:log-group:x"
STAGE_FORMAT = '{"stage":"$context.stage","id":"$context.requestId","of":"$context.eventType"}'


@pytest.fixture
def log(tmp_path):
    return tmp_path / "access.log"


@pytest.fixture(params=["json", "default $context.stage $context.eventType"])
def default(request):
    return request.param


@pytest.fixture
def gateway(log, default):
    options = ("--access-log", str(log), "--access-log-format", default)
    with gateway_process(*options) as process:
        yield process


@pytest.fixture
def api(gateway):
    return deploy_api(control_plane(gateway.url), "http://127.0.0.1:9", routes=("$default",))


def lines_of_a_visit(api, log):
    """What a client that says something, is answered by a post, and goes has written."""
    before = len(log.read_text().splitlines())
    with connect(api.url) as socket:
        socket.send("hello")
        connection_id = json.loads(socket.recv(timeout=5))["connectionId"]
        api.management.post_to_connection(ConnectionId=connection_id, Data=b"hello")
    deadline = time.monotonic() + DEADLINE
    while "DISCONNECT" not in "".join(lines := log.read_text().splitlines()[before:]):
        assert time.monotonic() < deadline, lines
        time.sleep(0.01)
    return lines


EVENTS = ["CONNECT", "MESSAGE", "POST_TO_CONNECTION", "DISCONNECT"]


def is_in_the_default(line, default):
    if default == "json":
        return json.loads(line)["stage"] == "test"
    return line.startswith("default test ")


@pytest.mark.fact("access-log-format", "access-log-settings")
def test_the_events_of_a_stage_are_written_in_its_format_until_that_is_deleted(api, log, default):
    own = {"ApiId": api.api_id, "StageName": "test"}
    plain = lines_of_a_visit(api, log)
    settings = {"DestinationArn": ARN, "Format": STAGE_FORMAT}
    api.client.update_stage(**own, AccessLogSettings=settings)
    shaped = [json.loads(line) for line in lines_of_a_visit(api, log)]
    api.client.delete_access_log_settings(**own)
    again = lines_of_a_visit(api, log)

    assert [line["of"] for line in shaped] == EVENTS
    assert {line["stage"] for line in shaped} == {"test"}
    assert "-" not in {line["id"] for line in shaped if line["of"] != "POST_TO_CONNECTION"}
    assert [len(plain), len(again)] == [4, 4]
    assert all(is_in_the_default(line, default) for line in plain + again)


@pytest.mark.fact("access-log-format")
def test_a_stage_without_a_format_is_written_as_before_beside_one_that_has_one(api, log, default):
    deployment_id = api.client.get_stage(ApiId=api.api_id, StageName="test")["DeploymentId"]
    settings = {"DestinationArn": ARN, "Format": STAGE_FORMAT}
    api.client.create_stage(
        ApiId=api.api_id,
        StageName="other",
        DeploymentId=deployment_id,
        AccessLogSettings=settings,
    )
    lines = lines_of_a_visit(api, log)
    with connect(f"{api.endpoint}/other"):
        pass

    assert len(lines) == 4
    assert all(is_in_the_default(line, default) for line in lines)
    assert json.loads(log.read_text().splitlines()[4]) | {"id": ""} == {
        "stage": "other",
        "id": "",
        "of": "CONNECT",
    }
