"""The life of an API as the manual has people type it, at the local gateway."""

import json
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import jmespath
import pytest
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.test import Client

from django_aws_api_gateway_websockets.aws.integration_headers import GATEWAY_SECRET_PATTERN
from django_aws_api_gateway_websockets.models import ApiGateway, WebSocketSession
from tests import events
from tests.docs.pages import DOCS
from tests.docs.shell_files import aws_calls, commands, management_commands
from tests.gateway.aws import control_plane, first_control_plane
from tests.provisioning.judge import Judge
from tests.stack import answer, make_stack

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.any_database]

FILES = DOCS / "how-to" / "aws" / "files"
DOMAIN = "ws.example.com"


@pytest.fixture
def client(local_gateway):
    client = control_plane(local_gateway)
    yield client
    for one in client.get_domain_names()["Items"]:
        if one["DomainName"] == DOMAIN:
            client.delete_domain_name(DomainName=DOMAIN)


def run(name: str, **replaced: str) -> str:
    """Run a file of Python as `manage.py shell` would; what it prints."""
    text = (FILES / name).read_text()
    for old, new in replaced.items():
        assert old in text
        text = text.replace(old, new)
    printed = StringIO()
    with redirect_stdout(printed):
        exec(compile(text, name, "exec"), {})
    return printed.getvalue()


def type_commands(name: str, pk: int | None = None, leave_out: tuple[str, ...] = ()) -> str:
    """Run the commands of a file for Django; what they print."""
    printed = StringIO()
    for words in management_commands(FILES / name):
        if words[0] not in leave_out:
            options = [str(pk) if one == "1" and pk else one for one in words[1:]]
            call_command(words[0], *options, stdout=printed)
    return printed.getvalue()


def call(client, path: Path, number: int, **parameters: str):
    """Make one of the calls of AWS in a file, of another API than it names."""
    wanted = aws_calls(path)[number]
    response = getattr(client, wanted.method)(**wanted.parameters | parameters)
    return jmespath.search(wanted.options.get("query", "@"), response)


def create() -> ApiGateway:
    printed = run("create_record.py")
    gateway = ApiGateway.objects.get()
    assert printed == f"--pk {gateway.pk}\n"
    return gateway


def test_a_record_becomes_an_api_with_its_domain_and_is_removed(client):
    gateway = create()

    printed = type_commands("create-the-api.sh", gateway.pk)
    target, zone = call(client, FILES / "create-domain.sh", 0)

    gateway.refresh_from_db()
    assert gateway.provisioning_status == ApiGateway.ProvisioningStatus.MAPPED
    assert f"once its DNS record points to {target}" in printed
    assert gateway.api_gateway_domain_name == target
    assert zone
    assert f"Chat Custom domain mapped\n  id, stage:    {gateway.api_id} production" in run(
        "look.py"
    )

    assert run("remove_api.py") == "0 sockets closed\n"

    assert not ApiGateway.objects.exists()
    assert gateway.api_id not in {one["ApiId"] for one in client.get_apis()["Items"]}
    assert DOMAIN not in {one["DomainName"] for one in client.get_domain_names()["Items"]}


def test_an_api_that_exists_is_registered(client):
    first = create()
    type_commands("create-the-api.sh", first.pk)
    first.refresh_from_db()
    api_id = first.api_id
    ApiGateway.objects.all().delete()

    printed = run("register_api.py", a1b2c3d4e5=api_id)

    gateway = ApiGateway.objects.get()
    assert "Updated target_base_endpoint" in printed
    assert gateway.websocket_url() in printed
    assert gateway.is_deployed
    assert not gateway.needs_api_creation
    assert not gateway.needs_custom_domain
    assert gateway.sync_to_aws() == []


def test_a_secret_is_sent_before_anybody_wants_it(client, settings):
    (words,) = commands(FILES / "make-secret.sh")
    printed = StringIO()
    with redirect_stdout(printed):
        exec(words[2], {})
    secret = printed.getvalue().strip()
    assert GATEWAY_SECRET_PATTERN.fullmatch(secret)
    gateway = create()
    gateway.create_gateway()
    sent = {**settings.WEBSOCKETS}

    settings.WEBSOCKETS = {**sent, "gateway_secret": [secret]}
    told = type_commands("send-the-secret.sh")
    parameters = client.get_integrations(ApiId=gateway.api_id)["Items"][0]["RequestParameters"]
    settings.WEBSOCKETS = sent
    served_before = events.connect(Client(), X_Amzn_Apigateway_Api_Id=gateway.api_id)

    assert told.count("would update") == told.count(": updated ") == 3
    header = "integration.request.header.X-Ws-Gateway-Secret"
    assert parameters[header] == f"'{secret}'"
    assert served_before.status_code == 200
    settings.WEBSOCKETS = {**sent, "gateway_secret": [secret]}
    assert type_commands("send-the-secret.sh").count("is up to date") == 6


@pytest.mark.parametrize(
    ("setting", "response"),
    [({"gateway_secret": "s" * 40}, "403 Invalid request"), ({}, "400 Invalid request headers")],
)
def test_the_check_prints_the_refusal_of_a_request_without_the_secret(
    live_server, settings, setting, response
):
    settings.WEBSOCKETS = setting
    address = {"https://www.example.com/ws/default": f"{live_server.url}/live-ws/default"}

    assert run("check_secret.py", **address) == f"{response}\n"


def test_the_check_of_the_domain_finds_the_gateway_and_says_when_it_does_not(client, local_gateway):
    gateway = create()
    gateway.create_gateway()
    address = f"{local_gateway}/_aws/execute-api/{gateway.api_id}/production"

    found = run("check_domain.py", **{"https://ws.example.com": address})
    missing = run("check_domain.py", **{"https://ws.example.com": "http://127.0.0.1:9"})

    assert found == "API Gateway is there: 426\n"
    assert missing.startswith("It is not: ")


def test_a_stage_gets_its_logs_its_throttle_and_its_former_deployment(client, local_gateway):
    gateway = create()
    gateway.create_gateway()
    first = gateway.deployment_id
    gateway.stage_description = "second"
    gateway.save()
    names = {"ApiId": gateway.api_id}

    call(first_control_plane(local_gateway), FILES / "logging-role.sh", 2)
    call(client, FILES / "stage-logs.sh", 1, **names)
    call(client, FILES / "throttle.sh", 0, **names)
    listed = call(client, FILES / "roll-back.sh", 0, **names)
    call(client, FILES / "roll-back.sh", 1, **names, DeploymentId=first)

    stage = client.get_stage(ApiId=gateway.api_id, StageName="production")
    assert json.loads(stage["AccessLogSettings"]["Format"])["connection"] == "$context.connectionId"
    assert stage["DefaultRouteSettings"]["ThrottlingRateLimit"] == 500
    assert {one[0] for one in listed} == {first, gateway.deployment_id}
    assert Judge(local_gateway).served_deployment(gateway.api_id) == first
    assert "Updated deployment_id" in run("after_roll_back.py")


def test_the_smoke_test_is_received(live_server, local_gateway):
    stack = make_stack(live_server, "/live-ws/")
    with stack.connect() as socket:
        ada = get_user_model().objects.create_user("ada")
        WebSocketSession.objects.update(user=ada)

        # The doctor has tests of its own; what Django finds in this project is no matter of ours.
        printed = type_commands("smoke-test.sh", leave_out=("doctor", "check"))

        assert answer(socket) == {"type": "smoke"}
    assert "1 sockets of 1 users" in printed
    assert "1 sent, 0 gone, 0 missed" in printed


def test_the_views_as_before_let_everybody_in(api_gateway, rf):
    values = {}
    exec((FILES.parents[1] / "files" / "views_as_before.py").read_text(), values)
    headers = events.COMMON_HEADERS | events.HANDSHAKE_HEADERS
    request = rf.post("/ws/connect", b"", "application/json", headers=headers)

    assert values["ChatView"].as_view()(request, route="connect").status_code == 200


def test_the_costs_on_the_page_are_those_of_the_file():
    printed = run("cost.py").splitlines()
    page = (FILES.parent / "quotas-and-cost.md").read_text()

    assert printed == [
        "2.64 for 10,560,000 minutes of connection",
        "12.10 for 12,100,000 messages",
    ]
    assert all(f"{line.split()[0]} USD" in page for line in printed)
