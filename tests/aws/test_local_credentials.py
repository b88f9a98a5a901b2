import pytest

from django_aws_api_gateway_websockets.aws.local_credentials import (
    get_local_secret,
    get_operator_token,
)
from django_aws_api_gateway_websockets.models import get_boto3_client

OPEN = {"local_gateway": True, "local_gateway_address": "0.0.0.0:8001"}


def test_on_loopback_the_secret_is_the_one_everybody_knows(settings):
    settings.WEBSOCKETS = {"local_gateway": True}

    assert get_local_secret() == "local"


def test_a_gateway_others_can_reach_has_secrets_that_only_this_project_knows(settings, monkeypatch):
    monkeypatch.delenv("WEBSOCKET_GATEWAY_TOKEN", raising=False)
    settings.WEBSOCKETS = OPEN
    settings.SECRET_KEY = "one"
    secrets = get_local_secret(), get_operator_token()
    client = get_boto3_client()

    assert client._get_credentials().secret_key == secrets[0]
    assert len({*secrets, "local"}) == 3
    assert "one" not in secrets
    settings.SECRET_KEY = "two"
    assert not {*secrets} & {get_local_secret(), get_operator_token()}


@pytest.mark.parametrize("address", ["127.0.0.1:8001", "0.0.0.0:8001"])
def test_an_operators_token_of_the_environment_counts(settings, monkeypatch, address):
    settings.WEBSOCKETS = {**OPEN, "local_gateway_address": address}
    monkeypatch.setenv("WEBSOCKET_GATEWAY_TOKEN", "mine")

    assert get_operator_token() == "mine"
