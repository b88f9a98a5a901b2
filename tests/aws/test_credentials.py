"""Endpoint and credentials as a real boto3 client has them."""

from contextlib import closing
from datetime import UTC, datetime, timedelta

import boto3
import botocore.session
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.credentials import RefreshableCredentials
from botocore.exceptions import ClientError, CredentialRetrievalError

from django_aws_api_gateway_websockets.aws.credentials import client_credentials, client_endpoint
from django_aws_api_gateway_websockets.core.errors import MissingCredentialsError
from django_aws_api_gateway_websockets.core.sigv4.sign import Credentials
from django_aws_api_gateway_websockets.delivery.endpoint import Endpoint
from django_aws_api_gateway_websockets.delivery.http1.pool import Pool
from django_aws_api_gateway_websockets.delivery.outcome import OutcomeKind
from tests.delivery.conftest import make_sender
from tests.delivery.recording_server import RecordingServer

URL = "https://abc.execute-api.eu-west-1.amazonaws.com/prod"


@pytest.fixture
def make_client():
    """Makes clients, and closes them when the test is over."""
    clients = []

    def make(session=None, **options):
        session = session or boto3.Session()
        options = {"endpoint_url": URL, "region_name": "eu-west-1"} | options
        clients.append(session.client("apigatewaymanagementapi", **options))
        return clients[-1]

    yield make
    for client in clients:
        client.close()


def refreshing_session(refresh):
    session = botocore.session.get_session()
    session._credentials = RefreshableCredentials.create_from_metadata(
        metadata=refresh(), refresh_using=refresh, method="test"
    )
    return boto3.Session(botocore_session=session)


def test_endpoint_and_region_are_those_of_the_client(make_client):
    assert client_endpoint(make_client()) == Endpoint.parse(URL, region="eu-west-1")


def test_static_credentials_are_those_of_the_client(make_client):
    client = make_client(
        aws_access_key_id="AK", aws_secret_access_key="SK", aws_session_token="token"
    )

    assert client_credentials(client)() == Credentials("AK", "SK", "token")


def test_refreshing_credentials_are_read_anew_for_each_send(make_client):
    issued = []

    def refresh():
        issued.append(f"AK{len(issued)}")
        # Ones that are about to expire are refreshed whenever they are read.
        expiry = datetime.now(UTC) + timedelta(seconds=60)
        return {
            "access_key": issued[-1],
            "secret_key": "SK",
            "token": "token",
            "expiry_time": expiry.isoformat(),
        }

    client = make_client(refreshing_session(refresh))
    with RecordingServer() as server, closing(Pool()) as pool:
        server.secrets |= dict.fromkeys(("AK0", "AK1", "AK2"), "SK")
        sender = make_sender(server, pool, credentials=client_credentials(client))

        outcomes = [sender.post("a", b"hello"), sender.post("b", b"hello")]

    assert {outcome.kind for outcome in outcomes} == {OutcomeKind.SENT}
    assert [request.access_key for request in server.arrived] == ["AK1", "AK2"]


REFUSED = {"Error": {"Code": "AccessDenied", "Message": "role is gone"}}


@pytest.mark.parametrize(
    "error",
    [
        CredentialRetrievalError(provider="test", error_msg="role is gone"),
        # STS refuses like any service, and is throttled like one.
        ClientError(REFUSED, "AssumeRole"),
        OSError("role is gone"),
        KeyError("role is gone"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_credentials_that_cannot_be_refreshed_are_an_error(make_client, error):
    calls = []

    def refresh():
        calls.append(1)
        if len(calls) > 1:
            raise error
        expiry = datetime.now(UTC) + timedelta(seconds=1)
        return {
            "access_key": "AK",
            "secret_key": "SK",
            "token": "token",
            "expiry_time": expiry.isoformat(),
        }

    provider = client_credentials(make_client(refreshing_session(refresh)))

    with pytest.raises(MissingCredentialsError, match="role is gone"):
        provider()


def test_a_client_without_credentials_says_what_to_set(make_client, monkeypatch, tmp_path):
    for variable in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))

    with pytest.raises(MissingCredentialsError, match=r"AWS_ACCESS_KEY_ID.*local gateway"):
        client_credentials(make_client())()


def test_an_unsigned_client_has_no_credentials_either(make_client, monkeypatch, tmp_path):
    client = make_client(config=Config(signature_version=UNSIGNED))

    assert client_endpoint(client).region == "eu-west-1"
