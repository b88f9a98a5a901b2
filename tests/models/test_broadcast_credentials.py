"""Two thousand posts signed with what AWS credentials come as, each signature checked twice.

The server verifies every one when it arrives, and botocore has to sign each the same.
"""

import sys
from datetime import timedelta

import pytest

from django_aws_api_gateway_websockets.aws.clients import clear_boto3_client_cache
from django_aws_api_gateway_websockets.core.errors import UnusableCredentialsError
from django_aws_api_gateway_websockets.delivery.http1 import request_writer
from django_aws_api_gateway_websockets.models import QueuedBroadcast, WebSocketSession
from tests.delivery.recording_server import KEYS, signed_by_botocore
from tests.models.audiences import make_sessions

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.any_database,
    pytest.mark.slow,
]

SESSIONS = 10_000

# Each call hands out other keys, as a role does, and they are good for seconds.
ROTATING = """
import datetime, json, pathlib, sys
calls = pathlib.Path(sys.argv[1])
number = len(calls.read_text()) if calls.exists() else 0
calls.write_text("x" * (number + 1))
expiry = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=30)
print(json.dumps({
    "Version": 1, "AccessKeyId": f"ASIAROTATING{number}", "SecretAccessKey": f"secret-{number}",
    "SessionToken": f"token+/{number}==", "Expiration": expiry.isoformat(),
}))
"""


@pytest.fixture(autouse=True)
def no_other_credentials(settings, monkeypatch, tmp_path):
    """Those of the machine the tests run on stay out, and so do remembered clients."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    clear_boto3_client_cache()
    yield
    clear_boto3_client_cache()


@pytest.fixture
def without_settings(server, settings):
    settings.AWS_ACCESS_KEY_ID = settings.AWS_SECRET_ACCESS_KEY = ""


def send_to_everybody(server, api_gateway, **options):
    """Broadcast, and give the access keys in the order they first signed."""
    make_sessions(api_gateway, SESSIONS)

    report = WebSocketSession.objects.broadcast({"n": 1}, **options)

    assert report.sent == len(server.ids) == len(server.arrived) == SESSIONS
    host = f"localhost:{server.port}"
    for request in server.arrived:
        secret = server.secrets[request.access_key]
        assert request.header("authorization") == signed_by_botocore(
            request, host=host, secret=secret
        )
    return list(dict.fromkeys(request.access_key for request in server.arrived))


def tokens(server):
    return {request.header("x-amz-security-token") for request in server.arrived}


def test_keys_in_the_settings(server, api_gateway):
    assert send_to_everybody(server, api_gateway) == [KEYS.access_key]
    assert tokens(server) == {None}


@pytest.mark.usefixtures("without_settings")
def test_keys_and_token_in_the_environment(server, api_gateway, monkeypatch):
    server.secrets["ASIAENVIRONMENT"] = "environment-secret"
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "ASIAENVIRONMENT")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "environment-secret")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "a+token/of==")

    assert send_to_everybody(server, api_gateway) == ["ASIAENVIRONMENT"]
    assert tokens(server) == {"a+token/of=="}


@pytest.mark.usefixtures("without_settings")
def test_a_profile(server, api_gateway, settings, tmp_path):
    server.secrets["AKIDPROFILE"] = "profile-secret"
    (tmp_path / "credentials").write_text(
        "[sender]\naws_access_key_id = AKIDPROFILE\naws_secret_access_key = profile-secret\n"
    )
    settings.AWS_IAM_PROFILE = "sender"

    assert send_to_everybody(server, api_gateway) == ["AKIDPROFILE"]
    assert tokens(server) == {None}


@pytest.mark.usefixtures("without_settings")
def test_a_role_whose_keys_are_refreshed_in_the_middle(
    server, api_gateway, settings, tmp_path, monkeypatch
):
    server.secrets |= {f"ASIAROTATING{number}": f"secret-{number}" for number in range(10_000)}
    script = tmp_path / "rotating.py"
    script.write_text(ROTATING)
    (tmp_path / "config").write_text(
        f"[profile role]\ncredential_process = {sys.executable} {script} {tmp_path / 'calls'}\n"
    )
    settings.AWS_IAM_PROFILE = "role"

    # The credentials are asked for more often than each second, and a few times in all.
    monkeypatch.setattr(request_writer, "ASK_AFTER", timedelta(seconds=0.15))
    keys = send_to_everybody(server, api_gateway, per_second=2500)

    assert len(keys) >= 2
    assert keys == sorted(keys, key=lambda key: int(key.removeprefix("ASIAROTATING")))
    assert tokens(server) == {f"token+/{key.removeprefix('ASIAROTATING')}==" for key in keys}


@pytest.mark.usefixtures("without_settings")
def test_a_token_no_header_can_carry_is_an_outcome_for_each(
    server, api_gateway, monkeypatch, caplog
):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKID")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "tok\u0435n")
    [one, *_] = make_sessions(api_gateway, 5)

    report = WebSocketSession.objects.broadcast({"n": 1})
    responses = WebSocketSession.objects.all().send_message({"n": 1})
    WebSocketSession.objects.enqueue_broadcast({"n": 1}).deliver()

    assert (report.is_finished, report.total, report.missed_count) == (True, 5, 5)
    assert {missed.reason for missed in report.missed} == {"UnusableCredentialsError"}
    assert responses == server.arrived == []
    assert "The session token of the AWS credentials has a character" in caplog.text
    assert QueuedBroadcast.objects.get().report().missed_count == 5
    with pytest.raises(UnusableCredentialsError):
        one.send_message({"n": 1})
    WebSocketSession.objects.all().close()
    assert not WebSocketSession.objects.filter(connected=True).exists()
