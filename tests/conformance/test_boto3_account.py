"""boto3 judges the account of the first API, `apigateway`."""

import json

import pytest
from botocore.exceptions import ClientError
from websockets.sync.client import connect

from tests.gateway.aws import control_plane, deploy_api, first_control_plane
from tests.gateway.processes import gateway_process

ROLE = "arn:aws:iam::123456789012:role/logs"


def change(client, op, path, value=""):
    return client.update_account(patchOperations=[{"op": op, "path": path, "value": value}])


def without_metadata(response):
    return {name: value for name, value in response.items() if name != "ResponseMetadata"}


@pytest.mark.fact("account", "logging-needs-a-role")
def test_the_logging_role_is_set_read_kept_and_taken_out(tmp_path):
    state = str(tmp_path / "state.json")
    with gateway_process("--state", state) as gateway:
        client = first_control_plane(gateway.url)
        assert without_metadata(client.get_account()) == {
            "apiKeyVersion": "4",
            "features": ["UsagePlans"],
            "throttleSettings": {"burstLimit": 5000, "rateLimit": 10000.0},
        }
        assert change(client, "replace", "/cloudwatchRoleArn", ROLE)["cloudwatchRoleArn"] == ROLE
    with gateway_process("--state", state) as gateway:
        client = first_control_plane(gateway.url)
        assert client.get_account()["cloudwatchRoleArn"] == ROLE
        assert "cloudwatchRoleArn" not in change(client, "replace", "/cloudwatchRoleArn", "")
        assert control_plane(gateway.url).get_apis()["Items"] == []


@pytest.mark.fact("account")
@pytest.mark.parametrize(
    ("op", "path", "value", "text"),
    [
        ("replace", "/throttleSettings/rateLimit", "5", "Invalid patch path '/throttleSettings"),
        ("add", "/cloudwatchRoleArn", ROLE, "specified for op 'add'"),
        ("replace", "/cloudwatchRoleArn", "role", "is not the ARN of a role"),
        ("add", "/features", "Others", "Invalid patch path '/features'"),
    ],
)
def test_a_change_that_an_account_does_not_allow_is_refused(gateway, op, path, value, text):
    client = first_control_plane(gateway.url)
    with pytest.raises(client.exceptions.BadRequestException, match=text):
        change(client, op, path, value)

    assert "cloudwatchRoleArn" not in client.get_account()


def test_a_wrong_signature_opens_no_account(gateway):
    with pytest.raises(ClientError) as caught:
        first_control_plane(gateway.url, secret="wrong").get_account()

    assert caught.value.response["Error"]["Code"] == "InvalidSignatureException"


def test_a_stage_with_the_name_of_such_a_call_is_still_reached():
    with gateway_process() as gateway:
        client = control_plane(gateway.url)
        deploy_api(client, "http://127.0.0.1:9", routes=("$default",), stage="account")
        with connect(gateway.url.replace("http", "ws") + "/account") as socket:
            socket.send("hello")
            assert "connectionId" in json.loads(socket.recv(timeout=10))
        assert first_control_plane(gateway.url).get_account()["features"]
