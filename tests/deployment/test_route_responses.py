"""Replies by route response: created, pushed and learnt, judged by boto3 at the local gateway."""

import pytest

from django_aws_api_gateway_websockets.models import ApiGateway, ApiGatewayAdditionalRoute
from tests.provisioning.judge import Judge

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

BASE = "http://127.0.0.1:9/ws/"


@pytest.fixture
def judge(local_gateway):
    return Judge(local_gateway)


def make(**values):
    gateway = ApiGateway.objects.create(api_name="API", target_base_endpoint=BASE, **values)
    ApiGatewayAdditionalRoute.objects.create(
        api_gateway=gateway, name="Chat", route_key="chat", integration_url="http://127.0.0.1:9/c"
    )
    gateway.create_gateway()
    return gateway


def answering(judge, gateway):
    """The routes whose clients get a response."""
    api = {"ApiId": gateway.api_id}
    return {
        route["RouteKey"]
        for route in judge.client.get_routes(**api)["Items"]
        if judge.client.get_route_responses(**api, RouteId=route["RouteId"])["Items"]
    }


def test_an_api_is_created_with_route_responses_where_its_row_says_so(judge):
    assert answering(judge, make(has_route_responses=True)) == {"$default", "chat"}


def test_without_a_word_there_are_none(judge):
    assert answering(judge, make()) == set()


def test_they_are_added_to_an_api_that_exists(judge):
    gateway = make()
    ApiGateway.objects.filter(pk=gateway.pk).update(has_route_responses=True)
    gateway.refresh_from_db()

    assert gateway.sync_to_aws() == [
        "Added a route response to the $default route",
        "Added a route response to the chat route",
        "Deployed the stage",
    ]
    assert answering(judge, gateway) == {"$default", "chat"}
    assert gateway.sync_to_aws() == []


def test_a_row_learns_of_those_made_by_hand(judge):
    gateway = make(has_route_responses=True)
    ApiGateway.objects.filter(pk=gateway.pk).update(has_route_responses=False)
    gateway.refresh_from_db()

    assert gateway.sync_from_aws() == ["Updated has_route_responses"]
    assert gateway.has_route_responses is True
    assert gateway.sync_from_aws() == []
