"""Changes that are kept when AWS refuses them, with a page that gives the remedy."""

import logging
import re

import pytest
from django.contrib import admin
from django.contrib.messages.storage.fallback import FallbackStorage
from django.db import connections
from django.test import RequestFactory
from django.urls import reverse

from django_aws_api_gateway_websockets.models import ApiGateway, ApiGatewayAdditionalRoute
from tests.admin.pages import APP, form_of, list_of, messages_of, page_of
from tests.gateway.aws import control_plane

# Changes are pushed at the commit, so there has to be one.
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.any_database]

LOGGER = "django_aws_api_gateway_websockets.admin"
REFUSED = re.compile(
    r"AWS refused the change \(NotFoundException\): the local gateway has no such API"
)


@pytest.fixture
def refused(api_gateway, local_gateway) -> ApiGateway:
    """Give an API that is complete here, and that the gateway does not have."""
    return api_gateway


@pytest.fixture
def accepted(local_gateway) -> ApiGateway:
    """Give an API that exists in the gateway."""
    gateway = ApiGateway.objects.create(
        api_name="Real API", target_base_endpoint="http://127.0.0.1:9/ws/"
    )
    gateway.create_gateway()
    return gateway


def add_route(gateway: ApiGateway, key: str) -> ApiGatewayAdditionalRoute:
    """Make a route whose row says that it is deployed."""
    route = ApiGatewayAdditionalRoute(
        api_gateway=gateway, name=key, route_key=key, integration_url="https://www.example.com/x/"
    )
    route.save(push_to_aws=False)
    ApiGatewayAdditionalRoute.objects.filter(pk=route.pk).update(deployed=True, route_id=key)
    route.refresh_from_db()
    return route


def inline(number: int, key: str, **others: str) -> dict[str, str]:
    values = {"name": key, "route_key": key, "integration_url": "https://www.example.com/x/"}
    return {
        f"additional_routes-{number}-{name}": value for name, value in (values | others).items()
    }


def post(client, url: str, **changes: str):
    response = client.post(url, {**form_of(client, url), **changes}, follow=True)
    assert "errors" not in response.context or not response.context["errors"]
    return response


def errors_of(response) -> list[str]:
    return [str(m) for m in response.context["messages"] if m.level_tag == "error"]


def test_a_change_aws_takes_needs_no_words(root, accepted):
    response = post(root, page_of(accepted), api_description="Changed")

    api = control_plane(_address(accepted)).get_api(ApiId=accepted.api_id)
    assert errors_of(response) == []
    assert api["Description"] == "Changed"


def _address(gateway: ApiGateway) -> str:
    host = re.sub("^ws://", "http://", gateway.websocket_url())
    return host.partition("/_aws")[0]


def test_a_change_that_fails_at_the_commit_is_kept_and_explained(root, refused):
    response = post(root, page_of(refused), api_description="Changed")

    refused.refresh_from_db()
    [text] = errors_of(response)
    assert REFUSED.search(text)
    assert "“Sync to AWS”" in text
    assert "was changed successfully" in messages_of(response)[0]
    assert refused.api_description == "Changed"
    assert "NotFoundException" in refused.last_error


def test_the_page_can_be_shown_again_after_a_failure(root, refused):
    response = post(root, page_of(refused), api_description="Changed", _continue="1")

    assert len(errors_of(response)) == 1
    assert response.context["original"].api_description == "Changed"


def test_a_new_route_that_is_refused_is_kept_and_explained(root, refused):
    response = post(
        root,
        reverse(f"admin:{APP}_apigatewayadditionalroute_add"),
        api_gateway=str(refused.pk),
        name="New",
        route_key="new",
        integration_url="https://www.example.com/new/",
    )

    [text] = errors_of(response)
    assert REFUSED.search(text)
    assert not refused.additional_routes.get(route_key="new").deployed


def test_a_new_route_is_explained_with_pushing_off_too(root, refused, settings):
    settings.WEBSOCKETS = {**settings.WEBSOCKETS, "push_changes_to_aws": False}

    response = post(
        root,
        reverse(f"admin:{APP}_apigatewayadditionalroute_add"),
        api_gateway=str(refused.pk),
        name="New",
        route_key="new",
        integration_url="https://www.example.com/new/",
    )

    assert len(errors_of(response)) == 1
    assert refused.additional_routes.filter(route_key="new").exists()


def test_each_route_beneath_an_api_is_saved_on_its_own(root, accepted):
    response = post(
        root,
        page_of(accepted),
        **{"additional_routes-TOTAL_FORMS": "2"},
        # A port that AWS refuses.
        **inline(0, "refused", integration_url="http://127.0.0.1:0/x/"),
        **inline(1, "taken"),
    )

    [text] = errors_of(response)
    assert "BadRequestException" in text
    assert "“Sync to AWS”" in text
    assert not accepted.additional_routes.get(route_key="refused").deployed
    assert accepted.additional_routes.get(route_key="taken").deployed
    routes = control_plane(_address(accepted)).get_routes(ApiId=accepted.api_id)["Items"]
    keys = sorted(route["RouteKey"] for route in routes)
    assert keys == ["$connect", "$default", "$disconnect", "taken"]


def test_a_route_beneath_an_api_is_deleted_though_aws_refuses(root, refused):
    route = add_route(refused, "old")

    response = post(root, page_of(refused), **inline(0, "old", id=str(route.pk), DELETE="on"))

    [text] = errors_of(response)
    assert REFUSED.search(text)
    assert "“Sync to AWS”" in text
    assert "“Sync from AWS”" in text
    assert not refused.additional_routes.exists()


def test_a_deleted_route_is_gone_though_aws_refuses(root, refused):
    route = add_route(refused, "old")

    response = root.post(page_of(route, "delete"), {"post": "yes"}, follow=True)

    [text] = errors_of(response)
    assert REFUSED.search(text)
    assert not refused.additional_routes.exists()


def test_a_deletion_by_code_of_the_project_is_kept_as_well(admin_user, refused, caplog):
    route = add_route(refused, "old")
    route_id = route.pk
    request = RequestFactory().post("/")
    request.user, request.session = admin_user, {}
    request._messages = FallbackStorage(request)

    admin.site.get_model_admin(ApiGatewayAdditionalRoute).delete_model(request, route)

    [message] = request._messages
    assert REFUSED.search(str(message))
    assert f"'admin' deleted 'old' (route, id {route_id})" in caplog.text
    assert not refused.additional_routes.exists()


def test_selected_routes_are_gone_though_aws_refuses(root, refused):
    routes = [add_route(refused, "old"), add_route(refused, "older")]
    chosen = {"action": "delete_selected", "_selected_action": [route.pk for route in routes]}

    response = root.post(
        list_of("apigatewayadditionalroute"), {**chosen, "post": "yes"}, follow=True
    )

    assert REFUSED.search(errors_of(response)[0])
    assert any("Successfully deleted 2" in text for text in messages_of(response))
    assert not refused.additional_routes.exists()


def test_a_route_aws_lets_go_is_gone_there_too(root, accepted):
    post(
        root,
        page_of(accepted),
        **inline(0, "extra"),
    )
    aws = control_plane(_address(accepted))
    assert len(aws.get_routes(ApiId=accepted.api_id)["Items"]) == 4

    route = accepted.additional_routes.get()
    response = root.post(page_of(route, "delete"), {"post": "yes"}, follow=True)

    assert errors_of(response) == []
    assert len(aws.get_routes(ApiId=accepted.api_id)["Items"]) == 3


def test_an_api_is_deleted_without_a_word_to_aws(root, refused):
    add_route(refused, "old")

    response = root.post(page_of(refused, "delete"), {"post": "yes"}, follow=True)

    assert errors_of(response) == []
    assert not ApiGateway.objects.exists()


def test_nothing_is_lost_under_atomic_requests(root, refused, monkeypatch):
    monkeypatch.setitem(connections.settings["default"], "ATOMIC_REQUESTS", True)
    route = add_route(refused, "old")

    changed = post(root, page_of(refused), api_description="Changed")
    deleted = root.post(page_of(route, "delete"), {"post": "yes"}, follow=True)

    refused.refresh_from_db()
    assert len(errors_of(changed)) == 1
    assert len(errors_of(deleted)) == 1
    assert refused.api_description == "Changed"
    assert not refused.additional_routes.exists()


def test_an_api_is_created_under_atomic_requests(root, local_gateway, monkeypatch):
    monkeypatch.setitem(connections.settings["default"], "ATOMIC_REQUESTS", True)
    gateway = ApiGateway.objects.create(
        api_name="New API", target_base_endpoint="http://127.0.0.1:9/ws/"
    )
    chosen = {"action": "create_api_gateway", "_selected_action": [gateway.pk], "index": "0"}

    response = root.post(list_of("apigateway"), chosen, follow=True)

    assert messages_of(response) == ["New API created"]


def test_the_log_has_who_changed_what_and_what_aws_said(root, refused, caplog):
    with caplog.at_level(logging.INFO, LOGGER):
        post(root, page_of(refused), api_description="Changed")

    [line] = [record.getMessage() for record in caplog.records if record.name == LOGGER]
    assert f"'admin' saved 'Test API' (API gateway, id {refused.pk})" in line
    assert "when calling the" in line
    assert line.isprintable()
