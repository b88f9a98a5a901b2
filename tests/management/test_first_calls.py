"""The first command of a newcomer that calls AWS, with something still missing: one sentence."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from django_aws_api_gateway_websockets.models import ApiGateway, WebSocketSession

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.any_database]

COMMANDS = [
    "createApiGateway",
    "createCustomDomain",
    "updateApiGatewayIntegrations",
    "websocketBroadcast",
    "deliverWebSocketBroadcasts",
]


CALLERS = COMMANDS[:3]
"""Those of the control plane; a post that fails is one line of a report, after all its tries."""


@pytest.fixture
def bare(monkeypatch, tmp_path: Path, settings) -> None:
    """Take every source of credentials away, and let AWS be where nothing listens."""
    for name in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "SESSION_TOKEN", "PROFILE"):
        monkeypatch.delenv(f"AWS_{name}", raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    settings.AWS_GATEWAY_REGION_NAME = "eu-west-1"
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_IAM_PROFILE"):
        setattr(settings, name, "")


@pytest.fixture
def arguments() -> dict[str, tuple[str, ...]]:
    """Make the rows each command needs to come as far as AWS, and give its arguments."""
    new = ApiGateway.objects.create(api_name="New", target_base_endpoint="https://a.example/ws/")
    complete = ApiGateway.objects.create(
        api_name="Complete",
        target_base_endpoint="https://b.example/ws/",
        api_id="a1b2c3d4e5",
        api_created=True,
        deployment_id="dep123",
        domain_name="ws.example.com",
        certificate_arn="arn:aws:acm:eu-west-1:123456789012:certificate/abc",
        provisioning_status=ApiGateway.ProvisioningStatus.DEPLOYED,
    )
    WebSocketSession.objects.create(connection_id="L0SM9cOFvHcCIhA=", api_gateway=complete)
    return {
        "createApiGateway": ("--pk", str(new.pk)),
        "createCustomDomain": ("--pk", str(complete.pk)),
        "updateApiGatewayIntegrations": (),
        "websocketBroadcast": ("--all", "{}"),
        "deliverWebSocketBroadcasts": (),
    }


def run(command: str, arguments: dict[str, tuple[str, ...]], caplog) -> str:
    """Run a command that fails, and return everything a terminal shows of it."""
    if command == "deliverWebSocketBroadcasts":
        WebSocketSession.objects.enqueue_broadcast({})
        # Nobody in this process has tried to deliver it yet.
        caplog.clear()
    out = StringIO()
    with pytest.raises((CommandError, SystemExit)) as failed:
        call_command(command, *arguments[command], stdout=out, stderr=out)
    return f"{out.getvalue()}\n{failed.value}\n{caplog.text}"


@pytest.mark.parametrize("command", COMMANDS)
def test_without_credentials(bare, arguments, caplog, command):
    shown = run(command, arguments, caplog)

    assert "Traceback" not in shown
    assert "credentials" in shown
    assert "AWS_IAM_PROFILE" in shown


@pytest.mark.parametrize("command", CALLERS)
def test_without_a_network(bare, arguments, settings, caplog, command):
    settings.AWS_ACCESS_KEY_ID, settings.AWS_SECRET_ACCESS_KEY = "AKIDEXAMPLE", "very-secret-key"

    shown = run(command, arguments, caplog)

    assert "Traceback" not in shown
    assert "check the network, the region" in shown
    assert "very-secret-key" not in shown


@pytest.mark.parametrize("command", COMMANDS)
def test_without_a_region(bare, arguments, settings, caplog, command):
    settings.AWS_GATEWAY_REGION_NAME = settings.AWS_REGION_NAME = ""

    shown = run(command, arguments, caplog)

    assert "Traceback" not in shown
    assert "AWS_GATEWAY_REGION_NAME" in shown


@pytest.mark.parametrize("command", COMMANDS)
def test_with_a_profile_that_does_not_exist(bare, arguments, settings, caplog, command):
    settings.AWS_IAM_PROFILE = "production"

    shown = run(command, arguments, caplog)

    assert "Traceback" not in shown
    assert "AWS_IAM_PROFILE" in shown or "(production)" in shown


@pytest.mark.parametrize("command", [*CALLERS, "websocketBroadcast"])
def test_with_credentials_aws_does_not_know(
    bare, arguments, settings, caplog, command, gateway_url, monkeypatch
):
    monkeypatch.setenv("AWS_ENDPOINT_URL", gateway_url)
    settings.AWS_ACCESS_KEY_ID, settings.AWS_SECRET_ACCESS_KEY = "AKIDEXAMPLE", "very-secret-key"

    shown = run(command, arguments, caplog)

    assert "Traceback" not in shown
    assert "credentials" in shown or "security token" in shown
    assert "very-secret-key" not in shown
