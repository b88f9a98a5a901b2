import json
from urllib.parse import urlencode

import pytest
from django.contrib.admin import site
from django.test import Client
from django.urls import reverse

from django_aws_api_gateway_websockets.admin import ApiGatewayAdmin
from django_aws_api_gateway_websockets.models import ApiGateway, WebSocketSession
from tests.admin.pages import APP, form_of, list_of, page_of

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

LIST = list_of("apigateway")
ADD = reverse(f"admin:{APP}_apigateway_add")
COLUMNS = ("action_checkbox", "api_name", "provisioning_status", "address", "live_sockets")
DOCUMENTED_COLUMNS = (
    "api_name",
    "domain_name",
    "default_channel_name",
    "api_id",
    "api_endpoint",
    "api_gateway_domain_name",
    "provisioning_status",
    "api_created",
    "deployment_id",
    "custom_domain_created",
    "created_on",
    "updated_on",
)


def test_every_page_opens(root, rows):
    for url in (
        LIST,
        ADD,
        page_of(rows.apigateway),
        page_of(rows.apigateway, "history"),
        page_of(rows.apigateway, "delete"),
    ):
        assert root.get(url).status_code == 200


def test_the_page_shows_the_columns_that_fit_and_projects_find_those_documented(root, rows):
    assert tuple(root.get(LIST).context["cl"].list_display) == COLUMNS
    assert ApiGatewayAdmin.list_display == DOCUMENTED_COLUMNS


def test_a_project_shows_columns_of_its_own(rf, admin_user):
    class Own(ApiGatewayAdmin):
        list_display = ("api_name", "domain_name")

    request = rf.get("/")
    request.user = admin_user

    assert Own(ApiGateway, site).get_list_display(request) == ("api_name", "domain_name")


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("provisioning_status__exact=deployed", 1),
        ("provisioning_status__exact=pending", 0),
        ("api_created__exact=1", 1),
        ("custom_domain_created__exact=1", 0),
        ("created_on__year=2001", 0),
        ("q=test a", 1),
        ("q=ws.example", 1),
        ("q=a1b2c3d4e5", 0),
    ],
)
def test_apis_are_filtered_and_searched(root, api_gateway, query, count):
    ApiGateway.objects.update(domain_name="ws.example.com")

    assert root.get(f"{LIST}?{query}").context["cl"].result_count == count


def test_an_api_is_added_with_its_routes(root):
    values = form_of(root, ADD) | {
        "api_name": "Added",
        "target_base_endpoint": "https://www.example.com/ws",
        "additional_routes-0-name": "Extra",
        "additional_routes-0-route_key": "extra",
        "additional_routes-0-integration_url": "https://www.example.com/extra/",
    }

    assert root.post(ADD, values).status_code == 302

    gateway = ApiGateway.objects.get()
    assert gateway.target_base_endpoint == "https://www.example.com/ws/"
    assert gateway.additional_routes.get().route_key == "extra"
    assert gateway.provisioning_status == ApiGateway.ProvisioningStatus.PENDING


def test_the_state_of_our_own_creation_cannot_be_typed(root, api_gateway, settings):
    settings.WEBSOCKETS = {"push_changes_to_aws": False}
    forged = {"last_error": "forged", "api_created": "", "deployment_id": "forged"}

    root.post(page_of(api_gateway), form_of(root, page_of(api_gateway)) | forged)

    api_gateway.refresh_from_db()
    assert (api_gateway.last_error, api_gateway.deployment_id) == ("", "dep123")
    assert api_gateway.api_created


def test_the_status_can_be_corrected_by_hand(root, api_gateway):
    values = form_of(root, page_of(api_gateway)) | {"provisioning_status": "api_created"}

    root.post(page_of(api_gateway), values)

    api_gateway.refresh_from_db()
    assert api_gateway.provisioning_status == "api_created"


def test_a_form_opened_before_the_creation_does_not_undo_it(root):
    gateway = ApiGateway.objects.create(
        api_name="New API", target_base_endpoint="https://www.example.com/ws/"
    )
    values = form_of(root, page_of(gateway))
    ApiGateway.objects.update(
        api_id="a1b2c3d4e5",
        api_endpoint="wss://a1b2c3d4e5.example.com",
        api_mapping_id="map1",
        api_gateway_domain_name="d-1.example.com",
        provisioning_status="mapped",
    )

    root.post(page_of(gateway), values | {"api_description": "Typed meanwhile"})

    gateway.refresh_from_db()
    assert gateway.api_description == "Typed meanwhile"
    assert gateway.api_id == "a1b2c3d4e5"
    assert gateway.api_endpoint == "wss://a1b2c3d4e5.example.com"
    assert gateway.api_mapping_id == "map1"
    assert gateway.api_gateway_domain_name == "d-1.example.com"
    assert gateway.provisioning_status == "mapped"


def test_an_api_that_exists_already_is_registered_by_hand(root):
    values = form_of(root, ADD) | {"api_name": "Found", "api_id": "z9y8x7w6v5"}

    root.post(ADD, values)

    assert ApiGateway.objects.get().api_id == "z9y8x7w6v5"


def test_no_tags_are_an_empty_object_and_a_list_is_refused(root, api_gateway):
    url = page_of(api_gateway)

    assert root.post(url, form_of(root, url) | {"tags": ""}).status_code == 302
    api_gateway.refresh_from_db()
    assert api_gateway.tags == {}
    assert root.post(url, form_of(root, url) | {"tags": '{"team": "chat"}'}).status_code == 302
    api_gateway.refresh_from_db()
    assert api_gateway.tags == {"team": "chat"}

    response = root.post(url, form_of(root, url) | {"tags": "[1]"})

    assert "Enter an object such as" in response.content.decode()


@pytest.mark.parametrize("field", ["api_name", "target_base_endpoint", "domain_name"])
def test_an_impossible_value_is_explained_beside_its_field(root, field):
    response = root.post(ADD, form_of(root, ADD) | {"api_name": "x", field: "a/b:\x07"})

    assert response.status_code == 200
    assert field in response.context["adminform"].form.errors


def test_the_help_says_what_the_endpoint_leaves_out(root, viewer, api_gateway):
    for client in (root, viewer):
        page = client.get(page_of(api_gateway)).content.decode()
        assert "where the view is routed at ws/ and the route" in page
        assert "<slug:route>" not in page


def test_those_who_may_look_see_everything_and_change_nothing(viewer, api_gateway):
    page = viewer.get(page_of(api_gateway))

    assert "https://www.example.com/ws/" in page.content.decode()
    assert 'name="api_name"' not in page.content.decode()
    assert viewer.post(page_of(api_gateway), {"api_name": "Mine"}).status_code == 403
    assert viewer.post(page_of(api_gateway, "delete"), {"post": "yes"}).status_code == 403
    assert viewer.get(ADD).status_code == 403
    assert ApiGateway.objects.get().api_name == "Test API"


def test_nobody_else_gets_in(client_of, api_gateway):
    for url in (LIST, ADD, page_of(api_gateway), page_of(api_gateway, "delete")):
        assert client_of().get(url).status_code == 403
        response = Client().get(url)
        assert response.status_code == 302
        assert response.url.startswith("/admin/login/")


def test_an_api_is_found_while_typing(viewer, client_of, api_gateway):
    asked = {
        "app_label": APP,
        "model_name": "apigatewayadditionalroute",
        "field_name": "api_gateway",
        "term": "test",
    }
    url = f"{reverse('admin:autocomplete')}?{urlencode(asked)}"

    found = json.loads(viewer.get(url).content)

    assert found["results"] == [{"id": str(api_gateway.pk), "text": "Test API"}]
    assert client_of().get(url).status_code == 403
    assert client_of("view_websocketsession").get(url).status_code == 403


def open_parts(response) -> list[set[str]]:
    """Return the names of the fields of each part of a form that is not folded away."""
    return [
        {field for line in part for field in line.fields}
        for part in response.context["adminform"]
        if "collapse" not in part.classes
    ]


def test_adding_needs_two_fields_and_the_rest_is_folded_away(root):
    assert open_parts(root.get(ADD)) == [{"api_name", "target_base_endpoint"}]
    values = form_of(root, ADD)
    assert root.post(ADD, values).context["adminform"].form.errors.keys() == {"api_name"}

    typed = {"api_name": "Two fields", "target_base_endpoint": "https://www.example.com/ws/"}
    assert root.post(ADD, values | typed).status_code == 302


GIVEN = ("api_id", "api_endpoint", "api_gateway_domain_name", "api_mapping_id")


def test_values_that_aws_has_given_cannot_be_typed(root, api_gateway):
    url = page_of(api_gateway)
    values = form_of(root, url)
    before = [getattr(api_gateway, name) for name in GIVEN]
    assert not values.keys() & set(GIVEN)

    root.post(url, values | dict.fromkeys(GIVEN, "forged"))

    api_gateway.refresh_from_db()
    assert [getattr(api_gateway, name) for name in GIVEN] == before


def test_an_api_registered_by_hand_is_corrected_by_hand(root):
    found = ApiGateway.objects.create(api_name="Found", api_id="z9y8x7w6v5")
    url = page_of(found)

    root.post(url, form_of(root, url) | {"api_id": "a1b2c3d4e5", "api_mapping_id": "m1"})

    found.refresh_from_db()
    assert (found.api_id, found.api_mapping_id) == ("a1b2c3d4e5", "m1")


def test_the_page_and_the_list_show_the_whole_address(root, viewer, api_gateway):
    address = "wss://a1b2c3d4e5.execute-api.us-east-1.amazonaws.com/production"

    for client in (root, viewer):
        for url in (LIST, page_of(api_gateway)):
            assert address in client.get(url).content.decode()


def test_the_local_gateway_has_an_address_of_its_own(root, api_gateway, settings):
    settings.WEBSOCKETS = {"local_gateway": True, "local_gateway_address": "127.0.0.1:8001"}

    address = "ws://127.0.0.1:8001/_aws/execute-api/a1b2c3d4e5/production"
    assert address in root.get(page_of(api_gateway)).content.decode()


def test_an_api_without_an_address_says_what_to_do(root):
    gateway = ApiGateway.objects.create(api_name="New")

    assert "run the action “Create API Gateway”" in root.get(page_of(gateway)).content.decode()


def test_an_address_that_needs_a_region_does_not_break_the_list(root, settings):
    settings.AWS_GATEWAY_REGION_NAME = settings.AWS_REGION_NAME = ""
    ApiGateway.objects.create(api_name="Found", api_id="z9y8x7w6v5")

    assert "No AWS region" in root.get(LIST).content.decode()


def test_live_sockets_are_counted_and_lead_to_them(root, api_gateway):
    for number in range(3):
        WebSocketSession.objects.create(
            connection_id=f"{number}=", api_gateway=api_gateway, connected=number > 0
        )
    other = ApiGateway.objects.create(api_name="Other")

    page = root.get(LIST)
    counted = {row.pk: row.live_sockets for row in page.context["cl"].result_list}
    assert counted == {api_gateway.pk: 2, other.pk: 0}
    query = f"?api_gateway__id__exact={api_gateway.pk}&connected__exact=1"
    link = list_of("websocketsession") + query
    assert link.replace("&", "&amp;") in page.content.decode()
    assert root.get(link).context["cl"].result_count == 2


def test_the_last_error_is_explained(root, api_gateway):
    ApiGateway.objects.update(last_error="NotFoundException: NotFoundException")

    page = root.get(page_of(api_gateway)).content.decode()

    assert "NotFoundException: it does not exist there" in page
    assert "NotFoundException: NotFoundException" not in page


def test_the_names_of_the_pages_are_proper(root, rows):
    page = root.get(reverse("admin:app_list", args=[APP])).content.decode()

    for name in ("API gateways", "Routes", "Sessions", "Tokens", "Connection attempts"):
        assert f">{name}</a>" in page
    add = root.get(ADD).content.decode()
    assert "Add API gateway" in add
    for label in ("API name", "Certificate ARN", "API id"):
        assert f"{label}:" in add
