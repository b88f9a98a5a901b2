"""Records made for production meet the local gateway, judged by the URLs that boto3 finds in it."""

from collections.abc import Iterator

import pytest
from django.core.management import call_command
from django.urls import reverse

from django_aws_api_gateway_websockets import deployment
from django_aws_api_gateway_websockets.deployment.local_backend import (
    GatewayProject,
    address_called,
    read_project,
    write_project,
)
from django_aws_api_gateway_websockets.models import (
    ApiGateway,
    ApiGatewayAdditionalRoute,
    get_boto3_client,
)
from tests.provisioning.judge import Judge

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

PRODUCTION = "https://www.example.com/ws/"
HERE = "http://127.0.0.1:8765"


@pytest.fixture
def judge(local_gateway):
    return Judge(local_gateway)


@pytest.fixture
def own_project(local_gateway) -> Iterator[None]:
    """The gateway was started for a Django at `HERE`."""
    write_project(local_gateway, GatewayProject("1", "Shop", HERE))
    yield
    write_project(local_gateway, GatewayProject())


@pytest.fixture
def record(own_project) -> ApiGateway:
    return ApiGateway.objects.create(api_name="Shop", target_base_endpoint=PRODUCTION)


@pytest.fixture
def deployed(record) -> ApiGateway:
    record.create_gateway()
    return record


def add_route(gateway, url="https://api.example.com/chat?x=1"):
    return ApiGatewayAdditionalRoute.objects.create(
        api_gateway=gateway, name="Chat", route_key="chat", integration_url=url
    )


def create_by_model(record, admin_client):
    record.create_gateway()


def create_by_command(record, admin_client):
    call_command("createApiGateway", pk=record.pk)


def create_in_the_admin(record, admin_client):
    act_in_the_admin(record, admin_client, "create_api_gateway")


def act_in_the_admin(record, admin_client, action):
    page = reverse("admin:django_aws_api_gateway_websockets_apigateway_changelist")
    admin_client.post(page, {"action": action, "_selected_action": [record.pk]})


@pytest.mark.parametrize("create", [create_by_model, create_by_command, create_in_the_admin])
def test_a_gateway_created_in_any_way_calls_the_django_that_runs_here(
    record, create, judge, admin_client
):
    add_route(record)

    create(record, admin_client)

    record.refresh_from_db()
    assert judge.urls(record.api_id) == {
        "$connect": f"{HERE}/ws/connect",
        "$disconnect": f"{HERE}/ws/disconnect",
        "$default": f"{HERE}/ws/default",
        "chat": f"{HERE}/chat?x=1",
    }
    assert record.target_base_endpoint == PRODUCTION


def save_the_endpoint(gateway, admin_client):
    gateway.target_base_endpoint = "https://www.example.com/sockets/"
    gateway.save()


def push_what_a_queryset_changed(gateway, admin_client):
    ApiGateway.objects.update(target_base_endpoint="https://www.example.com/sockets/")
    act_in_the_admin(gateway, admin_client, "sync_to_aws")


@pytest.mark.parametrize("change", [save_the_endpoint, push_what_a_queryset_changed])
def test_a_record_that_is_edited_stays_on_this_machine(
    deployed, change, judge, admin_client, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        change(deployed, admin_client)

    assert judge.urls(deployed.api_id)["$connect"] == f"{HERE}/sockets/connect"


def test_routes_that_are_added_and_edited_stay_on_this_machine(
    deployed, judge, django_capture_on_commit_callbacks
):
    route = add_route(deployed)
    assert judge.extra_urls(deployed.api_id) == {"chat": f"{HERE}/chat?x=1"}

    route.integration_url = "https://10.1.2.3/talk"
    with django_capture_on_commit_callbacks(execute=True):
        route.save()

    assert judge.extra_urls(deployed.api_id) == {"chat": f"{HERE}/talk"}


def test_both_directions_of_a_sync_find_nothing_to_change(deployed):
    route = add_route(deployed)

    assert deployed.sync_to_aws() == []
    assert deployed.sync_from_aws() == []
    route.refresh_from_db()
    assert (deployed.target_base_endpoint, route.integration_url) == (
        PRODUCTION,
        "https://api.example.com/chat?x=1",
    )


def test_registering_at_another_address_counts_over_what_the_gateway_was_told(deployed, judge):
    deployment.register_gateway(deployed, get_boto3_client(), "http://127.0.0.1:9")

    assert judge.urls(deployed.api_id)["$connect"] == "http://127.0.0.1:9/ws/connect"


@pytest.mark.parametrize(
    ("url", "called"),
    [
        (PRODUCTION, "http://127.0.0.1:8000/ws/"),
        ("https://localhost.example.com:8443/ws/", "http://127.0.0.1:8000/ws/"),
        ("https://[::1].example.com/ws/", "http://127.0.0.1:8000/ws/"),
        ("https://10.0.0.1/ws/", "http://127.0.0.1:8000/ws/"),
        ("https://[2001:db8::1]/ws/", "http://127.0.0.1:8000/ws/"),
        ("http://127.0.0.1:9/ws/", "http://127.0.0.1:9/ws/"),
        ("http://[::1]:9/ws/", "http://[::1]:9/ws/"),
        ("http://web:8000/ws/", "http://web:8000/ws/"),
        ("", ""),
    ],
)
def test_a_gateway_that_was_started_by_itself_calls_no_public_host(local_gateway, url, called):
    assert address_called(url) == called


def test_without_the_local_gateway_an_address_stays_as_it_is(settings):
    settings.WEBSOCKETS = {}

    assert address_called(PRODUCTION) == PRODUCTION


def test_no_project_is_read_where_no_gateway_listens():
    assert read_project("http://127.0.0.1:9") is None


def test_the_gateway_takes_nothing_but_a_whole_note(local_gateway, own_project):
    write_project(local_gateway, GatewayProject("2", "x" * 2000, ""))

    assert read_project(local_gateway) == GatewayProject("1", "Shop", HERE)
