"""boto3 sets what a stage's execution log holds; a real gateway process writes it."""

import json
import re
import signal

import pytest
from botocore.exceptions import ClientError
from websockets.sync.client import connect

from tests.gateway.aws import control_plane, deploy_api
from tests.gateway.processes import gateway_process

POST = "POST /@connections/{connectionId}"
NOWHERE = "http://127.0.0.1:9"
STEPS = {
    "connect": "connected to API [",
    "message": "received message from client [Connection Id: ",
    "failure": "Execution failed: Internal server error",
    "headers": "Endpoint request headers: {",
    "post": "Connection API request completed with status: 200",
    "end": "disconnected from API [",
}


def steps_of_a_visit(*arguments, **stage):
    """Return the logged steps of a client's visit, with a post to it, from the process's output."""
    with gateway_process("--access-log", "/dev/null", *arguments) as process:
        client = control_plane(process.url)
        api = deploy_api(client, NOWHERE, routes=("$default", "other"))
        client.update_stage(ApiId=api.api_id, StageName="test", **stage)
        with connect(api.url) as socket:
            socket.send("hello")
            connection_id = json.loads(socket.recv(timeout=5))["connectionId"]
            api.management.post_to_connection(ConnectionId=connection_id, Data=b"hello")
        _, written = process.stop(signal.SIGTERM)
    return {name for name, text in STEPS.items() if text in written}, written


@pytest.mark.fact("execution-log", "execution-log-level", "data-trace")
@pytest.mark.parametrize(
    ("stage", "expected"),
    [
        ({}, set()),
        ({"DefaultRouteSettings": {"LoggingLevel": "DEBUG"}}, set()),
        ({"DefaultRouteSettings": {"DataTraceEnabled": True}}, set()),
        ({"DefaultRouteSettings": {"LoggingLevel": "ERROR"}}, {"failure"}),
        ({"DefaultRouteSettings": {"LoggingLevel": "INFO"}}, set(STEPS) - {"headers"}),
        (
            {"DefaultRouteSettings": {"LoggingLevel": "INFO", "DataTraceEnabled": True}},
            set(STEPS),
        ),
    ],
)
def test_a_stage_decides_what_is_written_of_its_events(stage, expected):
    steps, _ = steps_of_a_visit(**stage)

    assert steps == expected


@pytest.mark.fact("execution-log-of-a-route", "execution-log-of-connections")
@pytest.mark.parametrize(
    ("routes", "expected"),
    [
        ({"$default": {"LoggingLevel": "INFO"}}, {"message", "failure"}),
        ({"$default": {"LoggingLevel": "ERROR"}}, {"failure"}),
        ({"other": {"LoggingLevel": "INFO"}}, set()),
        ({POST: {"LoggingLevel": "INFO"}}, {"post"}),
    ],
)
def test_a_route_may_say_something_of_its_own(routes, expected):
    steps, _ = steps_of_a_visit(RouteSettings=routes)

    assert steps == expected


@pytest.mark.parametrize(
    "settings",
    [{"ThrottlingBurstLimit": 5, "ThrottlingRateLimit": 5.0}, {"LoggingLevel": ""}, {}],
)
def test_a_route_that_says_nothing_of_its_own_is_logged_like_the_others(settings):
    steps, _ = steps_of_a_visit(
        DefaultRouteSettings={"LoggingLevel": "INFO"}, RouteSettings={"$default": settings}
    )

    assert {"message", "failure"} <= steps


@pytest.mark.fact("execution-log-line")
def test_every_line_begins_with_the_id_of_its_event():
    _, written = steps_of_a_visit(DefaultRouteSettings={"LoggingLevel": "INFO"})

    begun = re.findall(r"\((\S+)\) Starting execution for request: (\S+)", written)
    assert len(begun) == 3
    assert all(prefix == own_id for prefix, own_id in begun)
    assert len(set(begun)) == 3


def test_a_quiet_gateway_writes_what_failed_alone():
    steps, _ = steps_of_a_visit("--quiet", DefaultRouteSettings={"LoggingLevel": "INFO"})

    assert steps == {"failure"}


def test_it_ends_when_the_stage_no_longer_asks_for_it(client, api_id):
    own = {"ApiId": api_id, "StageName": "prod"}
    client.create_stage(**own, DefaultRouteSettings={"LoggingLevel": "INFO"})
    client.update_stage(**own, DefaultRouteSettings={"LoggingLevel": "OFF"})

    assert client.get_stage(**own)["DefaultRouteSettings"]["LoggingLevel"] == "OFF"
    with pytest.raises(ClientError):
        client.update_stage(**own, DefaultRouteSettings={"LoggingLevel": 5 * "x" * 64})
