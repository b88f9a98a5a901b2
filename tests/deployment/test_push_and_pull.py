"""Rows and APIs brought together on request, judged by boto3 against the local gateway."""

from unittest.mock import MagicMock, Mock

import pytest

from django_aws_api_gateway_websockets import models, sync
from django_aws_api_gateway_websockets.models import (
    ApiGateway,
    ApiGatewayAdditionalRoute,
    ApiGatewaySyncError,
)
from tests.provisioning.judge import Judge

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

BASE = "http://127.0.0.1:9/ws/"


@pytest.fixture
def judge(local_gateway):
    return Judge(local_gateway)


@pytest.fixture
def gateway(local_gateway):
    gateway = ApiGateway.objects.create(
        api_name="Synced", target_base_endpoint=BASE, stage_description="first"
    )
    ApiGatewayAdditionalRoute.objects.create(
        api_gateway=gateway, name="Chat", route_key="chat", integration_url="http://127.0.0.1:9/c"
    )
    gateway.create_gateway()
    return gateway


def change_rows(gateway, **values):
    """Change the row behind the back of everything that pushes."""
    ApiGateway.objects.filter(pk=gateway.pk).update(**values)
    gateway.refresh_from_db()


def test_an_api_that_agrees_is_left_alone_in_both_directions(gateway, judge):
    assert gateway.sync_to_aws() == []
    assert gateway.sync_from_aws() == []
    assert judge.deployment_count(gateway.api_id) == 1


def test_everything_that_differs_is_pushed_with_one_deployment(gateway, judge):
    change_rows(
        gateway,
        api_name="Renamed",
        target_base_endpoint="http://127.0.0.1:9/new/",
        stage_description="second",
    )
    gateway.additional_routes.update(route_key="talk", integration_url="http://127.0.0.1:9/t")
    ApiGatewayAdditionalRoute.objects.bulk_create(
        [
            ApiGatewayAdditionalRoute(
                api_gateway=gateway, name="n", route_key="more", integration_url="http://a/"
            )
        ]
    )

    assert gateway.sync_to_aws() == [
        "Updated the API Name",
        "Pointed the $connect route at http://127.0.0.1:9/new/connect",
        "Pointed the $disconnect route at http://127.0.0.1:9/new/disconnect",
        "Pointed the $default route at http://127.0.0.1:9/new/default",
        "Pointed the talk route at its new URL",
        "Renamed the chat route",
        "Created the more route",
        "Updated the stage description",
        "Deployed the stage",
    ]

    gateway.refresh_from_db()
    assert judge.client.get_api(ApiId=gateway.api_id)["Name"] == "Renamed"
    assert judge.urls(gateway.api_id) == {
        "$connect": "http://127.0.0.1:9/new/connect",
        "$disconnect": "http://127.0.0.1:9/new/disconnect",
        "$default": "http://127.0.0.1:9/new/default",
        "talk": "http://127.0.0.1:9/t",
        "more": "http://a/",
    }
    assert judge.deployment_count(gateway.api_id) == 2
    assert judge.served_deployment(gateway.api_id) == gateway.deployment_id
    assert all(row.deployed and row.route_id for row in gateway.additional_routes.all())
    assert gateway.sync_to_aws() == []


def test_routes_lost_in_aws_are_created_again(gateway, judge):
    for route in judge.client.get_routes(ApiId=gateway.api_id)["Items"]:
        if route["RouteKey"] in {"$disconnect", "chat"}:
            judge.client.delete_route(ApiId=gateway.api_id, RouteId=route["RouteId"])

    assert gateway.sync_to_aws() == [
        "Created the $disconnect route",
        "Created the chat route",
        "Deployed the stage",
    ]
    assert set(judge.urls(gateway.api_id)) == {"$connect", "$disconnect", "$default", "chat"}


def test_a_route_without_a_stored_id_is_found_by_its_key(gateway):
    gateway.additional_routes.update(route_id="", integration_id="")

    assert gateway.sync_to_aws() == []
    row = gateway.additional_routes.get()
    assert row.route_id
    assert row.integration_id


def test_a_route_that_leads_nowhere_gets_an_integration(gateway, judge):
    judge.client.create_route(ApiId=gateway.api_id, RouteKey="bare")
    ApiGatewayAdditionalRoute.objects.bulk_create(
        [
            ApiGatewayAdditionalRoute(
                api_gateway=gateway, name="n", route_key="bare", integration_url="http://b/"
            )
        ]
    )

    assert gateway.sync_to_aws()[0] == "Pointed the bare route at its new URL"
    assert judge.urls(gateway.api_id)["bare"] == "http://b/"


def test_a_stage_lost_in_aws_is_created_again(gateway, judge):
    judge.client.delete_stage(ApiId=gateway.api_id, StageName="production")

    assert gateway.sync_to_aws() == ["Created the stage", "Deployed the stage"]
    assert judge.served_deployment(gateway.api_id) == gateway.deployment_id


def test_a_stage_that_serves_nothing_is_deployed(gateway, judge):
    change_rows(gateway, stage_description="")
    judge.client.delete_stage(ApiId=gateway.api_id, StageName="production")
    judge.client.create_stage(ApiId=gateway.api_id, StageName="production")

    assert gateway.sync_to_aws() == ["Deployed the stage"]


def test_after_a_failure_the_stage_is_deployed_even_if_all_agrees(gateway, judge):
    change_rows(gateway, last_error="TooManyRequestsException: TooManyRequestsException")

    assert gateway.sync_to_aws() == ["Deployed the stage"]
    gateway.refresh_from_db()
    assert gateway.last_error == ""


def test_only_the_named_columns_are_pushed(gateway, judge):
    change_rows(gateway, api_name="New name", api_description="not pushed")

    assert gateway.sync_to_aws(fields=["api_name", "updated_on"]) == [
        "Updated the API Name",
        "Deployed the stage",
    ]
    assert "Description" not in judge.client.get_api(ApiId=gateway.api_id) or (
        judge.client.get_api(ApiId=gateway.api_id)["Description"] == ""
    )


def test_a_row_without_endpoint_moves_no_route(gateway, judge):
    change_rows(gateway, target_base_endpoint=None)

    assert gateway.sync_to_aws() == []


@pytest.mark.parametrize("direction", ["sync_to_aws", "sync_from_aws"])
def test_an_api_that_is_not_deployed_is_refused(direction):
    gateway = ApiGateway.objects.create(api_name="Pending")

    with pytest.raises(ValueError, match="Pending is not deployed"):
        getattr(gateway, direction)()


@pytest.mark.parametrize("direction", ["sync_to_aws", "sync_from_aws"])
def test_a_refusal_of_aws_is_named_and_noted(gateway, judge, direction):
    judge.client.delete_api(ApiId=gateway.api_id)

    with pytest.raises(ApiGatewaySyncError) as raised:
        getattr(gateway, direction)()

    assert str(raised.value) == "NotFoundException: NotFoundException"
    gateway.refresh_from_db()
    assert gateway.last_error == "NotFoundException: NotFoundException"


@pytest.mark.parametrize("direction", ["sync_to_aws", "sync_from_aws"])
def test_a_gateway_that_does_not_answer_is_a_sync_error(gateway, settings, direction):
    settings.WEBSOCKETS = {"local_gateway": True, "local_gateway_address": "127.0.0.1:9"}

    with pytest.raises(ApiGatewaySyncError, match=r"^EndpointConnectionError$"):
        getattr(gateway, direction)()


@pytest.mark.parametrize("direction", ["sync_to_aws", "sync_from_aws"])
def test_missing_credentials_and_profiles_are_sync_errors(
    api_gateway, settings, monkeypatch, direction
):
    settings.AWS_IAM_PROFILE = "nobody-has-this-profile"

    with pytest.raises(ApiGatewaySyncError, match=r"^ProfileNotFound$"):
        getattr(api_gateway, direction)()


def test_values_of_aws_are_taken_over(gateway, judge):
    client = judge.client
    client.update_api(ApiId=gateway.api_id, Name="From AWS", Description="described there")
    for item in client.get_integrations(ApiId=gateway.api_id)["Items"]:
        tail = item["IntegrationUri"].rpartition("/")[2]
        client.update_integration(
            ApiId=gateway.api_id,
            IntegrationId=item["IntegrationId"],
            IntegrationUri=f"http://moved.example/{tail}",
        )
    client.create_deployment(ApiId=gateway.api_id, StageName="production", Description="theirs")

    assert gateway.sync_from_aws() == [
        "Updated api_name",
        "Updated api_description",
        "Updated target_base_endpoint",
        "Updated deployment_id",
        "Updated stage_description",
        "Updated the chat route",
    ]

    stored = ApiGateway.objects.get()
    assert (stored.api_name, stored.api_description) == ("From AWS", "described there")
    assert stored.target_base_endpoint == "http://moved.example/"
    assert stored.stage_description == "theirs"
    assert stored.deployment_id == judge.served_deployment(gateway.api_id)
    assert gateway.additional_routes.get().integration_url == "http://moved.example/c"
    assert gateway.sync_from_aws() == []
    assert gateway.changed_fields() == set()


def test_routes_of_aws_are_taken_over_even_at_hosts_that_are_not_allowed(gateway, judge, settings):
    settings.WEBSOCKETS = {**settings.WEBSOCKETS, "allowed_integration_hosts": "127.0.0.1"}
    row = gateway.additional_routes.get()
    client = judge.client
    client.update_route(ApiId=gateway.api_id, RouteId=row.route_id, RouteKey="renamed")
    integration = client.create_integration(
        ApiId=gateway.api_id,
        IntegrationType="HTTP_PROXY",
        IntegrationMethod="POST",
        IntegrationUri="http://elsewhere.example/x",
    )["IntegrationId"]
    client.create_route(
        ApiId=gateway.api_id, RouteKey="theirs", Target=f"integrations/{integration}"
    )

    assert gateway.sync_from_aws() == ["Updated the renamed route", "Added the theirs route"]

    row.refresh_from_db()
    assert row.route_key == "renamed"
    added = gateway.additional_routes.get(route_key="theirs")
    assert (added.name, added.integration_url) == ("theirs", "http://elsewhere.example/x")
    assert added.deployed
    assert added.integration_id == integration


def test_a_route_that_is_not_in_aws_is_marked_and_kept(gateway, judge):
    row = gateway.additional_routes.get()
    judge.client.delete_route(ApiId=gateway.api_id, RouteId=row.route_id)

    assert gateway.sync_from_aws() == ["The chat route is not in AWS and is marked as not deployed"]
    row.refresh_from_db()
    assert (row.deployed, row.route_id, row.integration_id) == (False, "", "")
    assert gateway.sync_from_aws() == []


def test_a_missing_stage_changes_nothing(gateway, judge):
    judge.client.delete_stage(ApiId=gateway.api_id, StageName="production")
    before = gateway.deployment_id

    assert gateway.sync_from_aws() == []
    gateway.refresh_from_db()
    assert (gateway.deployment_id, gateway.stage_description) == (before, "first")


def add_route(client, api_id, key, url):
    target = {}
    if url:
        integration = client.create_integration(
            ApiId=api_id,
            IntegrationType="HTTP_PROXY",
            IntegrationMethod="POST",
            IntegrationUri=url,
        )["IntegrationId"]
        target = {"Target": f"integrations/{integration}"}
    client.create_route(ApiId=api_id, RouteKey=key, **target)


def test_a_value_that_does_not_fit_is_reported_and_not_stored(gateway, judge):
    ApiGateway.objects.create(api_name="Taken")
    client = judge.client
    client.update_api(ApiId=gateway.api_id, Name="Taken", Description="d" * 300)
    add_route(client, gateway.api_id, "k" * 65, "http://a.example/")
    add_route(client, gateway.api_id, "k" * 64, "http://a.example/")
    add_route(client, gateway.api_id, "long-url", f"http://a.example/{'u' * 200}")
    add_route(client, gateway.api_id, "no-url", "")

    assert gateway.sync_from_aws() == [
        "Left api_name as it is: another gateway here is called Taken already",
        "Left api_description as it is: api_description has 300 characters in AWS and 255 fit here",
        f"Left out the {'k' * 64}… route: route_key has 65 characters in AWS and 64 fit here",
        f"Added the {'k' * 64} route",
        "Left out the long-url route: integration_url has 217 characters in AWS and 200 fit here",
        "Left out the no-url route: it calls no URL",
    ]

    gateway.refresh_from_db()
    assert gateway.api_name == "Synced"
    assert set(gateway.additional_routes.values_list("route_key", flat=True)) == {"chat", "k" * 64}


def test_two_routes_that_have_swapped_keys_are_reported_and_none_is_lost(gateway, judge):
    other = ApiGatewayAdditionalRoute.objects.create(
        api_gateway=gateway, name="b", route_key="b", integration_url="http://127.0.0.1:9/b"
    )
    chat = gateway.additional_routes.get(route_key="chat")
    for row, key in ((chat, "spare"), (other, "chat"), (chat, "b")):
        judge.client.update_route(ApiId=gateway.api_id, RouteId=row.route_id, RouteKey=key)

    sentences = gateway.sync_from_aws()

    assert sum("another route here has that key" in sentence for sentence in sentences) == 2
    assert set(gateway.additional_routes.values_list("route_key", flat=True)) == {"chat", "b"}


def test_listings_are_read_to_their_end(gateway, judge):
    for number in range(110):
        add_route(judge.client, gateway.api_id, f"r{number}", "http://a.example/")

    assert len(sync.list_routes(models.get_boto3_client(), gateway.api_id)) == 114
    assert len(sync.list_integrations(models.get_boto3_client(), gateway.api_id)) == 114


@pytest.mark.parametrize("double", [Mock, MagicMock])
def test_listings_of_a_test_double_come_to_an_end(double):
    client = double()

    assert sync.list_routes(client, "abc") == []
    client.get_routes.assert_called_once_with(ApiId="abc", MaxResults="100")


def test_a_listing_that_gives_the_same_token_for_ever_comes_to_an_end():
    client = Mock()
    client.get_routes.return_value = {"Items": [{"RouteKey": "a"}], "NextToken": "same"}

    assert len(sync.list_routes(client, "abc")) == 2


def test_a_test_double_can_be_synced_both_ways(api_gateway):
    client = MagicMock()

    assert api_gateway.sync_to_aws(client=client)[-1] == "Deployed the stage"
    client.create_deployment.assert_called_once_with(
        ApiId="a1b2c3d4e5", Description="", StageName="production"
    )
    api_gateway.sync_from_aws(client=client)


def test_the_documented_names_of_the_module_do_their_part(gateway):
    client = models.get_boto3_client()

    assert sync.push_gateway(gateway, client) == []
    assert sync.pull_gateway(gateway, client) == []
    assert sync.ApiGatewaySyncError is ApiGatewaySyncError
    assert sync.integration_id_of({"Target": "integrations/abc"}) == "abc"
    assert sync.integration_id_of({}) == ""
    assert sync.DEFAULT_ROUTE_KEYS == ("$connect", "$disconnect", "$default")
    assert set(sync.SYNCED_GATEWAY_FIELDS) - set(sync.API_FIELDS) == {
        "target_base_endpoint",
        "stage_description",
    }
    assert sync.describe_error(OSError()) == "OSError"
    assert not sync.is_not_found(OSError())
