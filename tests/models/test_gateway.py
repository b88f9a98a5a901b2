import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError

from django_aws_api_gateway_websockets.models import (
    ApiGateway,
    ApiGatewayAdditionalRoute,
    WebSocketSession,
)

Status = ApiGateway.ProvisioningStatus

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://www.example.com/ws/",
        "https://testserver/ws/",
        "http://127.0.0.1:8000/ws/chat/",
        "http://[::1]:8000/ws/",
        "http://backend:8000/",
    ],
)
def test_an_endpoint_may_be_any_host_a_gateway_can_reach(endpoint):
    gateway = ApiGateway.objects.create(api_name="API", target_base_endpoint=endpoint)

    assert gateway.target_base_endpoint == endpoint


@pytest.mark.parametrize(
    "endpoint",
    [
        "www.example.com/ws/",
        "ftp://www.example.com/",
        "https://",
        "https:///ws/",
        "https://user@www.example.com/",
        "https://a b.example.com/",
        "https://-bad.example.com/",
        "http://[::1/",
        "http://host:port/",
        "https://www.example.com/\nws/",
    ],
)
def test_an_endpoint_that_is_no_url_is_refused_by_its_field(endpoint):
    with pytest.raises(ValidationError) as raised:
        ApiGateway.objects.create(api_name="API", target_base_endpoint=endpoint)

    assert list(raised.value.error_dict) == ["target_base_endpoint"]


def test_the_endpoint_gets_the_slash_the_routes_are_appended_to():
    gateway = ApiGateway.objects.create(api_name="API", target_base_endpoint="https://a.example/ws")

    assert gateway.target_base_endpoint == "https://a.example/ws/"


def test_a_blank_stage_is_production():
    assert ApiGateway.objects.create(api_name="API", stage_name="").stage_name == "production"


@pytest.mark.parametrize(
    ("field", "value"),
    [("api_name", "a/b"), ("api_name", "name\n"), ("domain_name", "wss://ws.example.com")],
)
def test_a_value_aws_would_refuse_is_refused_here(field, value):
    with pytest.raises(ValidationError) as raised:
        ApiGateway.objects.create(**{"api_name": "API", field: value})

    assert list(raised.value.error_dict) == [field]


def test_a_name_can_be_taken_only_once():
    ApiGateway.objects.create(api_name="API")

    with pytest.raises(ValidationError):
        ApiGateway.objects.create(api_name="API")


def test_saving_single_columns_neither_validates_nor_normalises():
    gateway = ApiGateway.objects.create(api_name="API")
    gateway.target_base_endpoint = "https://a.example/ws"

    gateway.save(update_fields=["target_base_endpoint"])

    gateway.refresh_from_db()
    assert gateway.target_base_endpoint == "https://a.example/ws"


@pytest.mark.parametrize(
    ("allowed", "host", "accepted"),
    [
        (None, "anything.example", True),
        ("www.example.com", "www.example.com", True),
        ("www.example.com", "WWW.example.com", True),
        (["*.example.com"], "a.example.com", True),
        (["*.example.com"], "example.com", False),
        (["*.example.com"], "badexample.com", False),
        (["www.example.com"], "evil.com", False),
    ],
)
def test_a_site_can_limit_the_hosts_it_is_called_at(settings, allowed, host, accepted):
    settings.WEBSOCKETS = {"allowed_integration_hosts": allowed} if allowed else {}
    gateway = ApiGateway(api_name="API", target_base_endpoint=f"https://{host}/ws/")

    if accepted:
        gateway.full_clean()
        return
    with pytest.raises(ValidationError) as raised:
        gateway.full_clean()
    assert "example.com" not in str(raised.value)


@pytest.mark.parametrize(
    "host", ["[::1].evil.com", "[::1]evil.com", "www.example.com:443.evil.com"]
)
def test_an_endpoint_whose_host_only_begins_like_one_is_refused(settings, host):
    settings.WEBSOCKETS = {"allowed_integration_hosts": ["::1", "www.example.com"]}

    with pytest.raises(ValidationError):
        ApiGateway(api_name="API", target_base_endpoint=f"https://{host}/ws/").full_clean()


def test_a_route_key_is_unique_within_its_api():
    gateway = ApiGateway.objects.create(api_name="API")
    values = {"api_gateway": gateway, "name": "n", "route_key": "k"}
    route = ApiGatewayAdditionalRoute.objects.create(**values, integration_url="https://a.example/")

    assert str(route) == "n"
    with pytest.raises((ValidationError, IntegrityError)):
        ApiGatewayAdditionalRoute.objects.create(**values, integration_url="https://b.example/")


@pytest.mark.parametrize(
    ("stored", "created", "domain", "effective"),
    [
        (Status.PENDING, False, False, Status.PENDING),
        (Status.PENDING, True, False, Status.DEPLOYED),
        (Status.PENDING, True, True, Status.MAPPED),
        (Status.API_CREATED, True, False, Status.API_CREATED),
    ],
)
def test_a_row_registered_by_hand_counts_as_deployed(stored, created, domain, effective):
    gateway = ApiGateway(
        provisioning_status=stored, api_created=created, custom_domain_created=domain
    )

    assert gateway.effective_provisioning_status == effective
    assert gateway.needs_api_creation == (effective in {Status.PENDING, Status.API_CREATED})
    assert gateway.needs_custom_domain == (effective == Status.DEPLOYED)


def test_an_api_is_deployed_once_it_has_all_three(api_gateway):
    assert api_gateway.is_deployed
    api_gateway.deployment_id = ""
    assert not api_gateway.is_deployed


def test_deleting_a_gateway_closes_its_sessions_and_keeps_their_rows(api_gateway):
    session = WebSocketSession.objects.create(connection_id="a=", api_gateway=api_gateway)

    api_gateway.delete()

    session.refresh_from_db()
    assert (session.connected, session.api_gateway) == (False, None)


@pytest.mark.parametrize(
    ("values", "url"),
    [
        ({"api_id": ""}, ""),
        ({}, "wss://a1b2c3d4e5.execute-api.us-east-1.amazonaws.com/production"),
        (
            {"api_endpoint": ""},
            "wss://a1b2c3d4e5.execute-api.us-east-1.amazonaws.com/production",
        ),
        ({"domain_name": "ws.example.com", "custom_domain_created": True}, "wss://ws.example.com"),
    ],
)
def test_browsers_are_told_where_to_connect(api_gateway, values, url):
    for name, value in values.items():
        setattr(api_gateway, name, value)

    assert api_gateway.websocket_url() == url


@pytest.mark.parametrize(
    ("visited", "host"),
    [
        ("localhost:8000", "localhost"),
        ("127.0.0.1:8000", "127.0.0.1"),
        ("localhost", "localhost"),
        ("www.example.com", "127.0.0.1"),
    ],
)
def test_the_local_gateway_is_reached_by_the_name_the_page_was_opened_with(
    api_gateway, settings, rf, visited, host
):
    settings.WEBSOCKETS = {"local_gateway": True}

    url = api_gateway.websocket_url(rf.get("/", headers={"host": visited}))

    assert url == f"ws://{host}:8001/_aws/execute-api/a1b2c3d4e5/production"


def test_the_local_gateways_ipv6_address_keeps_its_brackets(api_gateway, settings):
    settings.WEBSOCKETS = {"local_gateway": True, "local_gateway_address": "[::1]:8001"}

    assert api_gateway.websocket_url().startswith("ws://[::1]:8001/")


def test_a_list_of_hosts_with_nothing_usable_in_it_allows_none(settings):
    settings.WEBSOCKETS = {"allowed_integration_hosts": [None]}

    with pytest.raises(ValidationError):
        ApiGateway(api_name="API", target_base_endpoint="https://www.example.com/").full_clean()
