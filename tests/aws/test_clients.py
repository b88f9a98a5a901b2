import os

import pytest
from botocore.config import Config

from django_aws_api_gateway_websockets import models
from django_aws_api_gateway_websockets.aws import clients


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(monkeypatch, settings):
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    settings.AWS_GATEWAY_REGION_NAME = "eu-west-1"


@pytest.fixture
def profile(monkeypatch, tmp_path):
    config = tmp_path / "config"
    config.write_text(
        "[profile team]\nregion = ap-south-1\naws_access_key_id = AKTEAM\n"
        "aws_secret_access_key = secret\n"
    )
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    return "team"


def credentials_of(client):
    return client._get_credentials().get_frozen_credentials()


def test_settings_name_credentials_and_region(settings):
    settings.AWS_ACCESS_KEY_ID, settings.AWS_SECRET_ACCESS_KEY = "AKID", "secret"

    client = clients.get_boto3_client()

    assert credentials_of(client).access_key == "AKID"
    assert client.meta.region_name == "eu-west-1"
    assert client.meta.config.retries["total_max_attempts"] == 3
    assert (client.meta.config.connect_timeout, client.meta.config.read_timeout) == (5, 20)


def test_a_profile_brings_its_credentials_and_its_region(settings, profile):
    settings.AWS_IAM_PROFILE, settings.AWS_GATEWAY_REGION_NAME = profile, None

    assert clients.get_region_name() == "ap-south-1"
    assert credentials_of(clients.get_boto3_client()).access_key == "AKTEAM"
    assert clients.get_boto3_client().meta.region_name == "ap-south-1"


def test_the_preferred_region_setting_wins(settings):
    settings.AWS_REGION_NAME = "us-west-2"
    assert clients.get_region_name() == "eu-west-1"

    settings.AWS_GATEWAY_REGION_NAME = None
    assert clients.get_region_name() == "us-west-2"


def test_without_any_region_the_settings_to_make_are_named(settings):
    settings.AWS_GATEWAY_REGION_NAME = None

    with pytest.raises(RuntimeError, match="AWS_GATEWAY_REGION_NAME"):
        clients.get_region_name()
    with pytest.raises(RuntimeError, match="AWS_REGION_NAME"):
        clients.get_boto3_client()


def test_the_local_gateway_needs_no_region_and_never_sees_real_credentials(settings):
    settings.AWS_GATEWAY_REGION_NAME = None
    settings.AWS_ACCESS_KEY_ID, settings.AWS_SECRET_ACCESS_KEY = "AKID", "secret"
    settings.WEBSOCKETS = {"local_gateway": True}

    client = clients.get_boto3_client()

    assert credentials_of(client).access_key == "local"
    assert client.meta.endpoint_url == "http://127.0.0.1:8001"


def test_equal_arguments_share_a_client_and_changed_settings_do_not(settings):
    settings.AWS_ACCESS_KEY_ID, settings.AWS_SECRET_ACCESS_KEY = "AKID", "secret"
    first = clients.get_boto3_client("apigatewayv2", config=Config(read_timeout=3))

    assert clients.get_boto3_client("apigatewayv2", config=Config(read_timeout=3)) is first
    settings.AWS_SECRET_ACCESS_KEY = "another"
    assert clients.get_boto3_client("apigatewayv2", config=Config(read_timeout=3)) is not first
    clients.clear_boto3_client_cache()
    settings.AWS_SECRET_ACCESS_KEY = "secret"
    assert clients.get_boto3_client("apigatewayv2", config=Config(read_timeout=3)) is not first


@pytest.mark.slow
def test_a_forked_child_builds_its_own_client():
    before = clients.get_boto3_client()
    reading, writing = os.pipe()

    child = os.fork()
    if child == 0:
        os.write(writing, b"1" if clients.get_boto3_client() is not before else b"0")
        os._exit(0)
    os.waitpid(child, 0)

    assert os.read(reading, 1) == b"1"
    os.close(reading)
    os.close(writing)


def test_the_cache_holds_no_secret(settings):
    settings.AWS_ACCESS_KEY_ID, settings.AWS_SECRET_ACCESS_KEY = "AKID", "do-not-show"
    clients.get_boto3_client()

    assert "do-not-show" not in repr(list(clients._clients))


def test_the_documented_names_are_found_beside_the_models():
    assert models.get_boto3_client is clients.get_boto3_client
    assert models.get_region_name is clients.get_region_name
