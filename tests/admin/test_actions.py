import logging
import re

import pytest
from botocore.stub import Stubber
from django.contrib import messages
from django.test import Client, RequestFactory

from django_aws_api_gateway_websockets import models
from django_aws_api_gateway_websockets.admin import create_api_gateway
from django_aws_api_gateway_websockets.models import ApiGateway
from tests.admin.pages import list_of, messages_of, page_of
from tests.gateway.aws import control_plane

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

LIST = list_of("apigateway")
ACTIONS = ("create_api_gateway", "create_custom_domain", "sync_from_aws", "sync_to_aws")
LOGGER = "django_aws_api_gateway_websockets.admin"
Status = ApiGateway.ProvisioningStatus


@pytest.fixture
def judge(local_gateway):
    """Make a boto3 client as anybody would, to see what is really in the gateway."""
    return control_plane(local_gateway)


@pytest.fixture
def pending(local_gateway):
    return ApiGateway.objects.create(
        api_name="New API", target_base_endpoint="http://127.0.0.1:9/ws/"
    )


@pytest.fixture
def created(pending):
    pending.create_gateway()
    return pending


@pytest.fixture
def nothing_listens(settings):
    """Point the project at a port without a gateway, and give its address."""
    settings.WEBSOCKETS = {"local_gateway": True, "local_gateway_address": "127.0.0.1:9"}
    return "127.0.0.1:9"


def run(client: Client, action: str, *gateways: ApiGateway):
    chosen = {"action": action, "_selected_action": [gateway.pk for gateway in gateways]}
    return client.post(LIST, {**chosen, "index": "0"}, follow=True)


def said(response) -> list[tuple[str, str]]:
    return [(message.level_tag, str(message)) for message in response.context["messages"]]


def test_an_api_is_created(root, pending, judge):
    response = run(root, "create_api_gateway", pending)

    pending.refresh_from_db()
    assert said(response) == [("success", "New API created")]
    assert pending.provisioning_status == Status.DEPLOYED
    assert judge.get_api(ApiId=pending.api_id)["Name"] == "New API"


def test_a_complete_api_is_left_alone_and_said_to_be_complete(root, created, judge):
    before = len(judge.get_apis(MaxResults="500")["Items"])

    assert said(run(root, "create_api_gateway", created)) == [("info", "New API already created")]

    assert len(judge.get_apis(MaxResults="500")["Items"]) == before


def test_an_incomplete_api_is_named_and_the_others_are_created(root, pending):
    homeless = ApiGateway.objects.create(api_name="Homeless")

    response = run(root, "create_api_gateway", homeless, pending)

    texts = dict(reversed(pair) for pair in said(response))
    pending.refresh_from_db()
    assert texts.pop("New API created") == "success"
    [(text, level)] = texts.items()
    assert level == "error"
    assert text.startswith("Homeless: Set target_base_endpoint first")
    assert pending.is_deployed


LOCAL_ADVICE = (
    "the local gateway did not answer: start it with `manage.py runserver` or "
    "`manage.py runwebsocketgateway`."
)


def test_a_failure_is_named_by_its_kind_and_explained_without_addresses(
    root, pending, nothing_listens
):
    response = run(root, "create_api_gateway", pending)

    pending.refresh_from_db()
    assert said(response) == [
        ("error", f"Failed to create New API: EndpointConnectionError: {LOCAL_ADVICE}")
    ]
    assert nothing_listens not in response.content.decode()
    assert pending.last_error == "EndpointConnectionError"
    assert pending.provisioning_status == Status.PENDING


class CompleteMeanwhile:
    """An API that another run completes between the look and the leap."""

    pk, api_name, needs_api_creation = 7, "Quick API", True

    def create_gateway(self) -> bool:
        return False


def test_an_api_that_turns_out_to_be_complete_is_said_to_be(admin_user):
    told = []

    class Page:
        def message_user(self, request, text, level):
            told.append((level, text))

    request = RequestFactory().post("/")
    request.user = admin_user
    create_api_gateway(Page(), request, [CompleteMeanwhile()])

    assert told == [(messages.INFO, "Quick API already created")]


@pytest.fixture
def with_domain(created):
    created.domain_name = "ws.example.com"
    created.certificate_arn = "arn:aws:acm:us-east-1:123456789012:certificate/abc"
    created.save()
    return created


def test_a_custom_domain_is_created(root, with_domain, judge, monkeypatch):
    # A stub of botocore responds here, which accepts only the arguments AWS accepts.
    target = "d-abc.execute-api.us-east-1.amazonaws.com"
    configuration = {"ApiGatewayDomainName": target}
    mapping = {"ApiId": with_domain.api_id, "ApiMappingId": "map1", "Stage": "production"}
    monkeypatch.setattr(models, "get_boto3_client", lambda *args, **kwargs: judge)

    with Stubber(judge) as aws:
        aws.add_response("create_domain_name", {"DomainNameConfigurations": [configuration]})
        aws.add_response("create_api_mapping", mapping)
        response = run(root, "create_custom_domain", with_domain)

    with_domain.refresh_from_db()
    record = f"ws.example.com CNAME {target}"
    advice = f"Make this DNS record, if there is none: {record}"
    assert said(response) == [("success", f"ws.example.com custom domain created. {advice}")]
    assert said(run(root, "create_custom_domain", with_domain)) == [
        ("info", f"ws.example.com custom domain already created. {advice}")
    ]
    assert record in root.get(page_of(with_domain)).content.decode()
    assert with_domain.provisioning_status == Status.MAPPED
    assert with_domain.api_gateway_domain_name == target


def test_an_api_that_is_not_ready_for_a_domain_is_said_not_to_be(root, pending):
    assert said(run(root, "create_custom_domain", pending)) == [
        (
            "warning",
            "New API: no custom domain was made; run “Create API Gateway” first.",
        )
    ]


def test_a_domain_without_a_certificate_is_explained(root, created):
    assert said(run(root, "create_custom_domain", created)) == [
        ("error", "New API: set certificate_arn first; a custom domain needs it.")
    ]


def test_a_failed_domain_is_explained_too(root, with_domain, nothing_listens):
    assert said(run(root, "create_custom_domain", with_domain)) == [
        (
            "error",
            f"Failed to create custom domain for New API: EndpointConnectionError: {LOCAL_ADVICE}",
        )
    ]


@pytest.mark.parametrize("action", ["sync_from_aws", "sync_to_aws"])
def test_an_api_in_sync_is_said_to_be_in_sync(root, created, action):
    assert said(run(root, action, created)) == [("info", "New API: already in sync with AWS")]


def test_a_change_made_here_is_told_to_aws(root, created, judge):
    ApiGateway.objects.filter(pk=created.pk).update(api_description="Changed here")

    [(level, text)] = said(run(root, "sync_to_aws", created))

    assert level == "success"
    assert text.startswith("New API: synced to AWS. Updated the API Description; ")
    assert judge.get_api(ApiId=created.api_id)["Description"] == "Changed here"


def test_a_change_made_in_aws_is_taken_over(root, created, judge):
    judge.update_api(ApiId=created.api_id, Description="Changed there")

    [(level, text)] = said(run(root, "sync_from_aws", created))

    created.refresh_from_db()
    assert (level, text) == ("success", "New API: synced from AWS. Updated api_description")
    assert created.api_description == "Changed there"


@pytest.mark.parametrize(
    ("action", "direction"), [("sync_from_aws", "from"), ("sync_to_aws", "to")]
)
def test_a_failed_sync_names_the_error_and_the_others_are_still_done(
    root, api_gateway, created, action, direction
):
    response = run(root, action, api_gateway, created)

    [(level, text)] = [pair for pair in said(response) if "Test API" in pair[1]]
    assert level == "error"
    assert re.fullmatch(
        rf"Test API: could not sync {direction} AWS \(NotFoundException\): "
        r"the local gateway has no such API: start .*\.",
        text,
    )
    assert ("info", "New API: already in sync with AWS") in said(response)


@pytest.mark.parametrize("action", ["sync_from_aws", "sync_to_aws"])
def test_an_api_that_does_not_exist_cannot_be_synced(root, pending, action):
    [(level, text)] = said(run(root, action, pending))

    assert level == "error"
    assert text.startswith("New API: ")


def test_actions_are_offered_to_those_who_may_change_an_api(root, client_of, api_gateway):
    changer = client_of("view_apigateway", "change_apigateway")
    sweeper = client_of("view_apigateway", "delete_apigateway")
    labels = ("Create API Gateway", "Create Custom Domain", "Sync from AWS", "Sync to AWS")

    for action, label in zip(ACTIONS, labels, strict=True):
        for client in (root, changer):
            assert f'<option value="{action}">{label}</option>' in client.get(LIST).content.decode()
        assert action not in sweeper.get(LIST).content.decode()


@pytest.mark.parametrize("codenames", [(), ("view_apigateway",), ("delete_apigateway",)])
@pytest.mark.parametrize("action", ACTIONS)
def test_actions_are_refused_to_everybody_else(client_of, pending, action, codenames):
    client = client_of(*codenames)

    response = run(client, action, pending)

    pending.refresh_from_db()
    assert pending.provisioning_status == Status.PENDING
    assert pending.last_error == ""
    assert response.status_code in {200, 403}


def test_an_action_takes_a_post_a_login_and_a_csrf_token(root, admin_user, pending):
    chosen = {"action": "create_api_gateway", "_selected_action": [pending.pk], "index": "0"}
    guarded = Client(enforce_csrf_checks=True)
    guarded.force_login(admin_user)

    assert root.get(LIST, chosen).status_code in {200, 302, 400}
    assert Client().post(LIST, chosen).status_code == 302
    assert guarded.post(LIST, chosen).status_code == 403

    pending.refresh_from_db()
    assert pending.provisioning_status == Status.PENDING


def test_each_run_is_logged_with_who_and_what(root, admin_user, pending, caplog):
    with caplog.at_level(logging.INFO, LOGGER):
        run(root, "create_api_gateway", pending)

    assert [(r.levelname, r.getMessage()) for r in caplog.records if r.name == LOGGER] == [
        (
            "INFO",
            f"Action 'create_api_gateway', run by 'admin' on the API 'New API' (id {pending.pk}).",
        )
    ]


def test_a_failure_is_logged_with_what_aws_said(root, api_gateway, local_gateway, caplog):
    response = run(root, "sync_to_aws", api_gateway)

    [record] = [r for r in caplog.records if r.name == LOGGER and r.levelname == "ERROR"]
    assert "'admin'" in record.getMessage()
    assert f"'Test API' (id {api_gateway.pk})" in record.getMessage()
    assert "NotFoundException" in record.getMessage()
    assert "when calling the" in record.getMessage()
    assert "when calling the" not in response.content.decode()


def test_a_name_cannot_write_a_log_line_of_its_own(root, admin_user, pending, caplog):
    ApiGateway.objects.filter(pk=pending.pk).update(
        api_name="New\nERROR root: all is lost\x1b[31m", target_base_endpoint=None
    )
    type(admin_user).objects.filter(pk=admin_user.pk).update(username="ad\r\nmin\x07")

    with caplog.at_level(logging.INFO, LOGGER):
        run(root, "create_api_gateway", pending)

    lines = [r.getMessage() for r in caplog.records if r.name == LOGGER]
    assert len(lines) == 2
    assert all(line.isprintable() for line in lines)
    assert "'ad\\r\\nmin\\x07'" in lines[0]


def test_messages_are_text_and_no_markup(root, pending):
    ApiGateway.objects.filter(pk=pending.pk).update(
        api_name="<script>alert(1)</script>", target_base_endpoint=None
    )

    page = run(root, "create_api_gateway", pending)

    assert "<script>alert" not in page.content.decode()
    assert messages_of(page)[0].startswith("<script>alert(1)</script>: Set target_base_endpoint")
