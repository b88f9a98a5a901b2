"""The effects of saving and deleting rows on the API, judged by boto3 against the local gateway."""

# A transaction is more than one statement.
# ruff: noqa: PT012

from unittest.mock import patch

import pytest
from botocore.exceptions import ClientError

from django_aws_api_gateway_websockets.models import (
    ApiGateway,
    ApiGatewayAdditionalRoute,
    ApiGatewaySyncError,
)
from tests.provisioning.judge import Judge
from tests.provisioning.rows import make_route

BASE = "http://127.0.0.1:9/ws/"
PATCH_POINT = "django_aws_api_gateway_websockets.models.get_boto3_client"

# Real transactions, so that callbacks of a commit run.
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.any_database]


@pytest.fixture
def judge(local_gateway):
    return Judge(local_gateway)


@pytest.fixture
def gateway(local_gateway):
    gateway = ApiGateway.objects.create(api_name="Saved", target_base_endpoint=BASE)
    gateway.create_gateway()
    return gateway


def test_a_changed_column_is_pushed_at_once_without_a_transaction(gateway, judge):
    gateway.api_description = "new"
    gateway.save()

    assert judge.client.get_api(ApiId=gateway.api_id)["Description"] == "new"
    assert judge.deployment_count(gateway.api_id) == 2
    assert gateway.deployment_id == judge.served_deployment(gateway.api_id)


def test_a_loaded_row_pushes_what_changed_since_it_was_loaded(gateway, judge):
    loaded = ApiGateway.objects.get()
    loaded.target_base_endpoint = "http://127.0.0.1:9/moved"
    loaded.save()
    loaded.save()

    assert judge.urls(gateway.api_id)["$connect"] == "http://127.0.0.1:9/moved/connect"
    assert judge.deployment_count(gateway.api_id) == 2


def test_a_stage_description_alone_is_a_deployment(gateway, judge):
    gateway.stage_description = "spring"
    gateway.save()

    deployment = judge.client.get_deployment(
        ApiId=gateway.api_id, DeploymentId=gateway.deployment_id
    )
    assert deployment["Description"] == "spring"


def test_a_column_aws_does_not_have_makes_no_call(gateway, judge):
    gateway.default_channel_name = "lobby"
    gateway.save()
    gateway.api_name = "Only here"
    gateway.save(update_fields=["api_name"])

    assert judge.deployment_count(gateway.api_id) == 1
    assert judge.client.get_api(ApiId=gateway.api_id)["Name"] == "Saved"


def test_a_column_saved_alone_is_pushed_with_the_next_whole_save(gateway, judge):
    gateway.api_name = "Later"
    gateway.save(update_fields=["api_name"])
    gateway.save()

    assert judge.client.get_api(ApiId=gateway.api_id)["Name"] == "Later"


def test_deferred_columns_are_neither_loaded_nor_pushed(gateway, judge):
    loaded = ApiGateway.objects.defer("api_description").get()
    loaded.refresh_from_db(fields=["last_error"])

    assert "api_description" not in loaded.__dict__
    assert loaded.changed_fields() == set()


def test_refreshing_one_column_does_not_forget_that_another_was_changed(gateway):
    gateway.api_name = "Changed"
    gateway.refresh_from_db(fields=["last_error"])

    assert gateway.changed_fields() == {"api_name"}


@pytest.mark.parametrize(
    ("setting", "argument", "pushed"),
    [(True, None, True), (False, None, False), (False, True, True), (True, False, False)],
)
def test_the_caller_decides_before_the_setting(gateway, judge, settings, setting, argument, pushed):
    settings.WEBSOCKETS = {**settings.WEBSOCKETS, "push_changes_to_aws": setting}
    gateway.api_name = "Changed"
    gateway.save(push_to_aws=argument)

    name = judge.client.get_api(ApiId=gateway.api_id)["Name"]
    assert name == ("Changed" if pushed else "Saved")


def test_a_new_route_is_created_and_deployed(gateway, judge):
    row = make_route(gateway)

    assert judge.extra_urls(gateway.api_id) == {"chat": "http://127.0.0.1:9/chat"}
    row.refresh_from_db()
    gateway.refresh_from_db()
    assert row.deployed
    assert gateway.deployment_id == judge.served_deployment(gateway.api_id)


def test_a_changed_route_is_renamed_and_pointed_elsewhere(gateway, judge):
    row = ApiGatewayAdditionalRoute.objects.get(pk=make_route(gateway).pk)
    row.route_key, row.integration_url = "talk", "http://127.0.0.1:9/talk"
    row.save()

    assert judge.extra_urls(gateway.api_id) == {"talk": "http://127.0.0.1:9/talk"}
    assert judge.deployment_count(gateway.api_id) == 3


def test_a_changed_route_without_a_stored_id_is_found_by_its_former_key(gateway, judge):
    make_route(gateway)
    ApiGatewayAdditionalRoute.objects.update(route_id="", integration_id="")
    row = ApiGatewayAdditionalRoute.objects.get()
    row.route_key = "talk"
    row.save(update_fields=["route_key"])

    assert set(judge.extra_urls(gateway.api_id)) == {"talk"}
    row.refresh_from_db()
    assert row.route_id


def test_a_route_of_an_api_that_does_not_exist_yet_calls_nobody():
    pending = ApiGateway.objects.create(api_name="Pending", target_base_endpoint=BASE)
    row = make_route(pending)
    row.route_key = "other"
    row.save()
    row.delete()

    assert not ApiGatewayAdditionalRoute.objects.exists()


def test_a_new_route_is_kept_from_aws_only_by_the_caller(gateway, judge, settings):
    settings.WEBSOCKETS = {**settings.WEBSOCKETS, "push_changes_to_aws": False}
    make_route(gateway)
    hidden = ApiGatewayAdditionalRoute(
        api_gateway=gateway, name="h", route_key="hidden", integration_url="http://a/"
    )
    hidden.save(push_to_aws=False)

    assert set(judge.extra_urls(gateway.api_id)) == {"chat"}
    assert not hidden.deployed


def test_a_deleted_route_goes_with_its_integration(gateway, judge):
    row = make_route(gateway)
    before = judge.integration_count(gateway.api_id)

    row.delete()

    assert judge.extra_urls(gateway.api_id) == {}
    assert judge.integration_count(gateway.api_id) == before - 1
    assert not ApiGatewayAdditionalRoute.objects.exists()


def test_a_deleted_route_may_stay_in_aws(gateway, judge):
    make_route(gateway).delete(push_to_aws=False)

    assert set(judge.extra_urls(gateway.api_id)) == {"chat"}


def test_a_route_that_is_gone_from_aws_is_deleted_without_a_deployment(gateway, judge):
    row = make_route(gateway)
    judge.client.delete_route(ApiId=gateway.api_id, RouteId=row.route_id)

    row.delete()

    assert judge.deployment_count(gateway.api_id) == 2


def test_a_refused_deletion_keeps_the_row(gateway, judge):
    row = make_route(gateway)
    judge.client.delete_api(ApiId=gateway.api_id)

    with pytest.raises(ApiGatewaySyncError, match="NotFoundException"):
        row.delete()

    assert ApiGatewayAdditionalRoute.objects.count() == 1
    gateway.refresh_from_db()
    assert gateway.last_error == "NotFoundException: NotFoundException"


@pytest.mark.parametrize("operation", ["gateway", "new route", "changed route"])
def test_a_save_that_aws_does_not_hear_of_is_kept_and_repaired_by_a_sync(
    gateway, judge, settings, operation
):
    row = make_route(gateway, "old")
    reachable = settings.WEBSOCKETS
    settings.WEBSOCKETS = {"local_gateway": True, "local_gateway_address": "127.0.0.1:9"}

    with pytest.raises(ApiGatewaySyncError, match=r"^EndpointConnectionError$") as raised:
        if operation == "gateway":
            gateway.api_name = "Kept"
            gateway.save()
        elif operation == "new route":
            make_route(gateway, "new")
        else:
            row.integration_url = "http://127.0.0.1:9/kept"
            row.save()

    assert raised.value.__cause__ is not None
    stored = ApiGateway.objects.get()
    assert stored.last_error == gateway.last_error == "EndpointConnectionError"
    settings.WEBSOCKETS = reachable
    assert stored.sync_to_aws()[-1] == "Deployed the stage"
    assert stored.sync_to_aws() == []
    assert stored.last_error == ""


def test_with_pushing_off_a_new_route_raises_what_boto3_raised(gateway, judge, settings):
    settings.WEBSOCKETS = {**settings.WEBSOCKETS, "push_changes_to_aws": False}
    judge.client.delete_api(ApiId=gateway.api_id)

    with pytest.raises(ClientError, match="NotFoundException"):
        make_route(gateway)


def test_a_route_whose_deployment_failed_leaves_nothing_unused(gateway, judge):
    judge.client.create_route(ApiId=gateway.api_id, RouteKey="chat")
    before = judge.integration_count(gateway.api_id)

    make_route(gateway)

    assert judge.extra_urls(gateway.api_id) == {"chat": "http://127.0.0.1:9/chat"}
    assert judge.integration_count(gateway.api_id) == before + 1


def test_methods_of_an_unsaved_route_change_memory_only(gateway, judge):
    client = judge.client
    row = ApiGatewayAdditionalRoute(
        api_gateway=gateway, name="u", route_key="u", integration_url="http://127.0.0.1:9/u"
    )

    row.create_route(client, deploy=False)
    assert row.deployed
    assert judge.deployment_count(gateway.api_id) == 1
    row.route_key = "v"
    row.update_route(client, previous_route_key="u")
    assert set(judge.extra_urls(gateway.api_id)) == {"v"}
    assert judge.deployment_count(gateway.api_id) == 2
    row.delete_route(client, deploy=False)
    row.delete_route(client)
    assert judge.extra_urls(gateway.api_id) == {}
    assert judge.deployment_count(gateway.api_id) == 2
    assert not ApiGatewayAdditionalRoute.objects.exists()


def test_updating_a_route_that_is_missing_creates_it(gateway, judge):
    row = make_route(gateway)
    judge.client.delete_route(ApiId=gateway.api_id, RouteId=row.route_id)

    row.update_route(judge.client)

    assert set(judge.extra_urls(gateway.api_id)) == {"chat"}


def test_deploying_sets_the_id_in_memory_only(gateway, judge):
    before = gateway.deployment_id
    gateway.deploy_api(judge.client)

    assert gateway.deployment_id == judge.served_deployment(gateway.api_id)
    gateway.refresh_from_db()
    assert gateway.deployment_id == before


def test_the_documented_place_for_a_double_gets_every_call(gateway):
    with patch(PATCH_POINT) as get_client:
        client = get_client.return_value
        gateway.api_name = "Doubled"
        gateway.save()
        row = make_route(gateway)
        row.delete()

    client.update_api.assert_called_once_with(ApiId=gateway.api_id, Name="Doubled")
    client.create_route.assert_called_once()
    assert client.create_deployment.call_count == 2
