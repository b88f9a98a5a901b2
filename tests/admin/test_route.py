import pytest
from django.urls import reverse

from django_aws_api_gateway_websockets.models import ApiGateway
from tests.admin.pages import APP, form_of, list_of, page_of

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

LIST = list_of("apigatewayadditionalroute")
ADD = reverse(f"admin:{APP}_apigatewayadditionalroute_add")


def test_every_page_opens(root, rows):
    route = rows.apigatewayadditionalroute

    for url in (LIST, ADD, *(page_of(route, page) for page in ("change", "history", "delete"))):
        assert root.get(url).status_code == 200


def test_columns_are_those_documented(root, rows):
    assert tuple(root.get(LIST).context["cl"].list_display) == (
        "action_checkbox",
        "name",
        "api_gateway",
        "route_key",
        "integration_url",
        "deployed",
    )


def test_routes_are_filtered_and_searched(root, rows):
    pk = rows.apigateway.pk
    other = ApiGateway.objects.create(api_name="Other")
    for query, count in {
        f"api_gateway__id__exact={pk}": 1,
        f"api_gateway__id__exact={other.pk}": 0,
        "q=Extra": 1,
        "q=www.example.com": 0,
        "created_on__year=2001": 0,
    }.items():
        assert root.get(f"{LIST}?{query}").context["cl"].result_count == count


def test_the_api_is_chosen_by_typing(root, rows):
    page = root.get(ADD).content.decode()

    assert "admin-autocomplete" in page
    assert "Test API" not in page


def test_a_route_of_an_api_that_is_not_deployed_stays_here(root, rows):
    rows.apigateway.deployment_id = ""
    rows.apigateway.save(update_fields=["deployment_id"])
    values = form_of(root, ADD) | {
        "api_gateway": str(rows.apigateway.pk),
        "name": "Second",
        "route_key": "second",
        "integration_url": "https://www.example.com/second/",
    }

    assert root.post(ADD, values).status_code == 302

    assert not rows.apigateway.additional_routes.get(route_key="second").deployed


def test_a_second_route_of_the_same_key_is_refused(root, rows):
    values = form_of(root, ADD) | {
        "api_gateway": str(rows.apigateway.pk),
        "name": "Again",
        "route_key": "extra",
        "integration_url": "https://www.example.com/again/",
    }

    page = root.post(ADD, values).content.decode()

    assert "already exists" in page


def test_those_who_may_look_change_nothing(viewer, client_of, rows):
    route = rows.apigatewayadditionalroute

    assert viewer.get(page_of(route)).status_code == 200
    assert viewer.post(page_of(route), {"name": "Mine"}).status_code == 403
    assert viewer.post(page_of(route, "delete"), {"post": "yes"}).status_code == 403
    assert client_of().get(LIST).status_code == 403
