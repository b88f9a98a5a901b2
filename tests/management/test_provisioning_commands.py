"""The commands that work on AWS, judged by boto3 against the local gateway."""

from io import StringIO
from unittest.mock import patch

import pytest
from botocore.exceptions import ClientError, NoCredentialsError
from django.core.management import CommandError, call_command

from django_aws_api_gateway_websockets.models import ApiGateway, integration_request_parameters
from tests.provisioning.judge import Judge

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

CONNECTION_ID = {"integration.request.header.connectionId": "context.connectionId"}
ADDRESS_HEADER = "integration.request.header.X-Ws-Source-Ip-"
SECRET_HEADER = "integration.request.header.X-Ws-Gateway-Secret"


@pytest.fixture
def judge(local_gateway):
    return Judge(local_gateway)


@pytest.fixture
def pending(local_gateway):
    return ApiGateway.objects.create(
        api_name="Commanded", target_base_endpoint="http://127.0.0.1:9/ws/"
    )


def run(*arguments, **options):
    out, err = StringIO(), StringIO()
    call_command(*arguments, stdout=out, stderr=err, **options)
    return out.getvalue(), err.getvalue()


def set_secret(settings, secret):
    settings.WEBSOCKETS = {**settings.WEBSOCKETS, "gateway_secret": secret}


def parameters(judge, gateway):
    items = judge.client.get_integrations(ApiId=gateway.api_id)["Items"]
    return [item.get("RequestParameters", {}) for item in items]


def test_an_api_is_created_and_its_address_said(pending, judge):
    out, _ = run("createApiGateway", pk=pending.pk)

    pending.refresh_from_db()
    assert out == f"Commanded is served at {pending.websocket_url()}\n"
    assert set(judge.urls(pending.api_id)) == {"$connect", "$disconnect", "$default"}


def test_nothing_is_said_at_verbosity_0(pending):
    assert run("createApiGateway", f"--pk={pending.pk}", verbosity=0) == ("", "")


def test_a_complete_api_is_an_error(pending):
    pending.create_gateway()

    with pytest.raises(CommandError, match="Commanded is complete: nothing is left to create"):
        run("createApiGateway", pk=pending.pk)


def test_a_missing_column_is_a_value_error_without_a_traceback():
    gateway = ApiGateway.objects.create(api_name="No endpoint")

    with pytest.raises(CommandError, match="Set target_base_endpoint first") as raised:
        run("createApiGateway", pk=gateway.pk)
    assert isinstance(raised.value, ValueError)


@pytest.mark.parametrize(
    "command", ["createApiGateway", "createCustomDomain", "updateApiGatewayIntegrations"]
)
def test_an_unknown_record_is_an_error_that_names_those_there_are(pending, command):
    with pytest.raises(CommandError, match=rf"--pk 99999; there is {pending.pk} \(Commanded\)"):
        run(command, pk=99999)
    ApiGateway.objects.all().delete()
    with pytest.raises(CommandError, match="there is none at all"):
        run(command, pk=99999)


def test_a_refusal_of_aws_goes_on_to_the_caller(pending):
    ApiGateway.objects.update(api_name="n" * 200)

    with pytest.raises(ClientError) as refused:
        run("createApiGateway", pk=pending.pk)

    assert isinstance(refused.value, CommandError)
    assert refused.value.response["Error"]["Code"] == "BadRequestException"
    assert "AWS does not accept a value of the record" in str(refused.value)


def test_a_custom_domain_needs_the_api_first(pending):
    with pytest.raises(CommandError, match="run createApiGateway --pk"):
        run("createCustomDomain", pk=pending.pk)


def test_a_custom_domain_needs_a_certificate(pending):
    pending.create_gateway()

    with pytest.raises(ValueError, match="set certificate_arn first"):
        run("createCustomDomain", pk=pending.pk)


def test_a_new_secret_reaches_every_integration_once(pending, judge, settings):
    pending.create_gateway()
    set_secret(settings, "s" * 40)

    dry, _ = run("updateApiGatewayIntegrations", dry_run=True)
    out, _ = run("updateApiGatewayIntegrations")
    again, _ = run("updateApiGatewayIntegrations", pk=pending.pk)

    assert [line.split(": ")[1].rpartition(" ")[0] for line in dry.splitlines()] == [
        "would update"
    ] * 3
    assert out.count("Commanded: updated ") == 3
    assert out.endswith("Commanded: deployed\n")
    assert again.count(" is up to date\n") == 3
    assert again.count("\n") == 3
    assert parameters(judge, pending) == [integration_request_parameters()] * 3
    assert integration_request_parameters()[SECRET_HEADER] == f"'{'s' * 40}'"
    pending.refresh_from_db()
    assert pending.deployment_id == judge.served_deployment(pending.api_id)


def test_without_a_secret_the_header_really_goes(pending, judge, settings):
    set_secret(settings, "s" * 40)
    pending.create_gateway()
    set_secret(settings, None)

    out, _ = run("updateApiGatewayIntegrations")

    assert out.count("updated") == 3
    assert parameters(judge, pending) == [integration_request_parameters()] * 3
    assert SECRET_HEADER not in integration_request_parameters()


def test_with_a_new_secret_key_the_header_of_the_former_one_goes(pending, judge, settings):
    pending.create_gateway()
    settings.SECRET_KEY = "another"

    out, _ = run("updateApiGatewayIntegrations")

    assert out.count("updated") == 3
    for found in parameters(judge, pending):
        assert sum(name.startswith(ADDRESS_HEADER) for name in found) == 1


def test_parameters_and_integrations_of_others_are_kept(pending, judge, settings):
    pending.create_gateway()
    foreign = {"integration.request.header.Tenant": "'one'"}
    first = judge.client.get_integrations(ApiId=pending.api_id)["Items"][0]["IntegrationId"]
    judge.client.update_integration(
        ApiId=pending.api_id, IntegrationId=first, RequestParameters=CONNECTION_ID | foreign
    )
    judge.client.create_integration(
        ApiId=pending.api_id,
        IntegrationType="HTTP_PROXY",
        IntegrationMethod="POST",
        IntegrationUri="http://theirs.example/",
    )
    set_secret(settings, "s" * 40)

    out, _ = run("updateApiGatewayIntegrations")

    assert out.count("updated") == 3
    found = parameters(judge, pending)
    assert found.count({}) == 1
    assert sum(foreign.items() <= one.items() for one in found) == 1


def test_an_invalid_secret_is_an_error_before_any_call(pending, settings):
    pending.create_gateway()
    set_secret(settings, "s" * 40 + "\n")

    with pytest.raises(CommandError, match="newline"):
        run("updateApiGatewayIntegrations")


def test_an_api_that_fails_keeps_no_other_from_its_update(pending, judge, settings):
    lost = ApiGateway.objects.create(api_name="Lost", api_created=True, api_id="lost")
    pending.create_gateway()
    set_secret(settings, "s" * 40)
    err = StringIO()

    with pytest.raises(CommandError, match=r"Could not update Lost\.$"):
        call_command("updateApiGatewayIntegrations", stdout=StringIO(), stderr=err)

    assert err.getvalue().startswith("Lost: NotFoundException: the local gateway has no such API")
    assert SECRET_HEADER in parameters(judge, pending)[0]
    with pytest.raises(CommandError):
        run("updateApiGatewayIntegrations", pk=lost.pk)


def test_missing_credentials_are_reported_like_a_refusal(api_gateway):
    module = "django_aws_api_gateway_websockets.management.commands.updateApiGatewayIntegrations"
    with patch(f"{module}.get_boto3_client") as get_client:
        get_client.return_value.get_integrations.side_effect = NoCredentialsError
        with pytest.raises(CommandError, match="Could not update Test API"):
            run("updateApiGatewayIntegrations")


def test_a_row_that_is_no_longer_valid_is_updated_all_the_same(pending, settings):
    pending.create_gateway()
    ApiGateway.objects.update(target_base_endpoint="not a url", api_description="changed")
    set_secret(settings, "s" * 40)

    run("updateApiGatewayIntegrations")

    stored = ApiGateway.objects.get()
    assert stored.deployment_id != pending.deployment_id
    assert stored.target_base_endpoint == "not a url"


def test_an_api_that_does_not_exist_yet_has_nothing_to_update(pending):
    assert run("updateApiGatewayIntegrations") == ("", "")
    with pytest.raises(CommandError, match="has no API yet"):
        run("updateApiGatewayIntegrations", pk=pending.pk)


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("createApiGateway", ["--pk", "taken up where it stopped"]),
        ("createCustomDomain", ["--pk", "certificate_arn", "DNS"]),
        ("updateApiGatewayIntegrations", ["--dry-run", "every deployed API", "gateway secret"]),
        ("clearWebSocketSessions", ["--stale-hours", "default without HOURS: 3"]),
        ("cleanupWebSocketTokens", ["--token-age", "--rate-limit-age", "default: 7"]),
    ],
)
def test_help_says_what_the_options_do(command, words, capsys):
    with pytest.raises(SystemExit):
        call_command(command, "--help")

    said = " ".join(capsys.readouterr().out.split())
    assert all(word in said for word in words)
