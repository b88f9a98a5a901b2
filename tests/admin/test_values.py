"""Values that cannot work, refused where they are typed."""

import re

import pytest
from django.urls import reverse

from django_aws_api_gateway_websockets.models import ApiGateway
from django_aws_api_gateway_websockets.views import WebSocketView
from tests.admin.pages import APP, form_of, page_of

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

ADD = reverse(f"admin:{APP}_apigateway_add")
BASE = "https://www.example.com/ws/"
TYPED = {"api_name": "New", "target_base_endpoint": BASE}


@pytest.fixture(autouse=True)
def _region(settings):
    settings.AWS_GATEWAY_REGION_NAME = "us-east-1"


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("target_base_endpoint", f"{BASE}<slug:route>", f"enter {BASE},"),
        ("target_base_endpoint", "https://www.example.com/<slug:tenant>/ws/", "patterns"),
        ("target_base_endpoint", f"{BASE}%3Cslug:route%3E", "patterns"),
        ("target_base_endpoint", f"{BASE}{{route}}", "patterns"),
        ("target_base_endpoint", f"{BASE}connect", f"enter {BASE}"),
        ("target_base_endpoint", f"{BASE}disconnect/", f"enter {BASE}"),
        ("target_base_endpoint", f"{BASE}default", f"enter {BASE}"),
        ("target_base_endpoint", f"{BASE}$connect", f"enter {BASE}"),
        ("target_base_endpoint", f"{BASE}?key=1", f"enter {BASE}"),
        ("target_base_endpoint", f"{BASE}#chat", "Leave out #"),
        ("target_base_endpoint", "wss://www.example.com/ws/", "with http:// or https://"),
        ("api_name", "n" * 129, "at most 128 characters"),
        ("default_channel_name", "two words", "use hyphens"),
        ("default_channel_name", "room/1", "CHANNEL_NAME_PATTERN"),
        ("stage_name", "my stage", "letters, digits, hyphens"),
        ("stage_name", "v1/chat", "letters, digits, hyphens"),
        ("certificate_arn", "a certificate", "the whole ARN"),
        ("certificate_arn", "arn:aws:acm:us-east-1:123456789012", "the whole ARN"),
        ("certificate_arn", "arn:aws:iam::123456789012:server-certificate/x", "the whole ARN"),
        ("certificate_arn", "arn:aws:acm:eu-west-3:123456789012:certificate/x", "in eu-west-3"),
        ("hosted_zone_id", "/hostedzone/Z2FDTNDATAQYW2", "the id alone"),
        ("route_selection_expression", "$request.bdy.action", "only looks at request.body"),
        ("route_selection_expression", "action", "selects nothing"),
        ("route_selection_expression", "$context.routeKey", "not a selection expression"),
        ("api_key_selection_expression", "x-api-key", "$request.header.x-api-key"),
        ("tags", "[1]", "Enter an object such as"),
        ("tags", '{"team": 1}', "in quotes"),
        ("api_id", "wss://a1b2c3d4e5", "id alone"),
    ],
)
def test_a_value_that_cannot_work_is_refused_with_the_reason(root, field, value, reason):
    response = root.post(ADD, form_of(root, ADD) | TYPED | {field: value})

    errors = response.context["adminform"].form.errors
    assert errors.keys() == {field}
    assert reason in errors[field][0]
    assert not ApiGateway.objects.exists()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("target_base_endpoint", "http://localhost:8000/ws"),
        ("default_channel_name", "general-chat_1"),
        ("stage_name", "$default"),
        ("certificate_arn", "arn:aws:acm:us-east-1:123456789012:certificate/ab-12"),
        ("route_selection_expression", "${request.body.type}/${request.body.kind}"),
        ("api_key_selection_expression", "$context.authorizer.usageIdentifierKey"),
        ("hosted_zone_id", "Z2FDTNDATAQYW2"),
    ],
)
def test_a_value_that_works_is_taken(root, field, value):
    assert root.post(ADD, form_of(root, ADD) | TYPED | {field: value}).status_code == 302


def test_a_certificate_is_compared_with_no_region_where_none_is_known(root, settings):
    settings.AWS_GATEWAY_REGION_NAME = settings.AWS_REGION_NAME = ""
    arn = {"certificate_arn": "arn:aws:acm:eu-west-3:123456789012:certificate/x"}

    assert root.post(ADD, form_of(root, ADD) | TYPED | arn).status_code == 302


def test_a_value_an_earlier_release_took_may_stay(root, api_gateway, settings):
    settings.WEBSOCKETS = {"push_changes_to_aws": False}
    ApiGateway.objects.update(certificate_arn="a certificate")
    url = page_of(api_gateway)

    assert root.post(url, form_of(root, url) | {"api_description": "New"}).status_code == 302
    refused = root.post(url, form_of(root, url) | {"certificate_arn": "another"})
    assert "certificate_arn" in refused.context["adminform"].form.errors


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("route_key", "$default", "already"),
        ("route_key", "$connect", "already"),
        ("integration_url", "https://www.example.com/<slug:route>", "patterns"),
        ("integration_url", "https://www.example.com/x/#there", "Leave out #"),
    ],
)
def test_a_route_that_cannot_work_is_refused_on_both_pages(
    root, api_gateway, settings, field, value, reason
):
    settings.WEBSOCKETS = {"push_changes_to_aws": False}
    typed = {"name": "Extra", "route_key": "extra", "integration_url": "https://a.example/x/"}
    typed |= {field: value}
    inline = {f"additional_routes-0-{name}": text for name, text in typed.items()}
    url = page_of(api_gateway)

    below = root.post(url, form_of(root, url) | inline)
    add = reverse(f"admin:{APP}_apigatewayadditionalroute_add")
    alone = root.post(add, typed | {"api_gateway": api_gateway.pk})

    assert reason in below.context["inline_admin_formsets"][0].formset.errors[0][field][0]
    assert reason in alone.context["adminform"].form.errors[field][0]


@pytest.mark.parametrize("pattern", [re.compile(b"x"), None, property(lambda view: None)])
def test_a_channel_is_taken_where_no_pattern_can_be_read(root, monkeypatch, pattern):
    monkeypatch.setattr(WebSocketView, "CHANNEL_NAME_PATTERN", pattern)

    values = form_of(root, ADD) | TYPED | {"default_channel_name": "room/1"}

    assert root.post(ADD, values).status_code == 302
