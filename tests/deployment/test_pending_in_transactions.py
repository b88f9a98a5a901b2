"""Several changes committed or rolled back together, judged by boto3 against the local gateway."""

# A transaction is more than one statement.
# ruff: noqa: PT012

import pytest
from django.db import transaction

from django_aws_api_gateway_websockets.models import ApiGateway, ApiGatewayAdditionalRoute
from tests.provisioning.judge import Judge
from tests.provisioning.rows import make_route

BASE = "http://127.0.0.1:9/ws/"

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def judge(local_gateway):
    return Judge(local_gateway)


@pytest.fixture
def gateway(local_gateway):
    gateway = ApiGateway.objects.create(api_name="Saved", target_base_endpoint=BASE)
    gateway.create_gateway()
    return gateway


def test_several_changes_of_one_transaction_make_one_deployment(gateway, judge):
    old = [make_route(gateway, f"old{number}") for number in range(3)]
    before = judge.deployment_count(gateway.api_id)

    with transaction.atomic():
        gateway.api_name = "Together"
        gateway.target_base_endpoint = "http://127.0.0.1:9/moved/"
        gateway.save()
        for number in range(4):
            make_route(gateway, f"new{number}")
        old[0].integration_url = "http://127.0.0.1:9/changed"
        old[0].save()
        old[1].route_key = "renamed"
        old[1].save()
        old[2].delete()

    assert judge.deployment_count(gateway.api_id) == before + 1
    assert judge.extra_urls(gateway.api_id) == {
        **{f"new{number}": f"http://127.0.0.1:9/new{number}" for number in range(4)},
        "old0": "http://127.0.0.1:9/changed",
        "renamed": "http://127.0.0.1:9/old1",
    }
    assert judge.client.get_api(ApiId=gateway.api_id)["Name"] == "Together"
    assert gateway.deployment_id == judge.served_deployment(gateway.api_id)


def test_deleting_a_queryset_is_one_deployment_and_few_statements(
    gateway, judge, django_assert_max_num_queries
):
    for number in range(10):
        make_route(gateway, f"r{number}")
    before = judge.deployment_count(gateway.api_id)

    # Two to delete, one each for the gateway and the rows that stay, one for the deployment.
    with django_assert_max_num_queries(7):
        ApiGatewayAdditionalRoute.objects.filter(route_key__lt="r8").delete()

    assert set(judge.extra_urls(gateway.api_id)) == {"r8", "r9"}
    assert judge.deployment_count(gateway.api_id) == before + 1


def test_deleting_a_gateway_leaves_its_routes_in_aws(gateway, judge):
    make_route(gateway)

    ApiGateway.objects.all().delete()

    assert set(judge.extra_urls(gateway.api_id)) == {"chat"}


def test_a_queryset_can_be_deleted_without_telling_aws(gateway, judge, settings):
    make_route(gateway)
    settings.WEBSOCKETS = {**settings.WEBSOCKETS, "push_changes_to_aws": False}

    ApiGatewayAdditionalRoute.objects.all().delete()

    assert set(judge.extra_urls(gateway.api_id)) == {"chat"}


def test_a_change_that_is_rolled_back_is_never_pushed(gateway, judge):
    row = make_route(gateway)
    before = judge.deployment_count(gateway.api_id)

    with pytest.raises(LookupError), transaction.atomic():
        gateway.api_name = "Never"
        gateway.save()
        row.delete()
        raise LookupError

    assert judge.client.get_api(ApiId=gateway.api_id)["Name"] == "Saved"
    assert set(judge.extra_urls(gateway.api_id)) == {"chat"}
    assert judge.deployment_count(gateway.api_id) == before


def test_a_change_taken_back_by_a_savepoint_is_not_pushed_with_the_rest(gateway, judge):
    kept, row = make_route(gateway, "kept"), make_route(gateway)

    with transaction.atomic():
        kept.integration_url = "http://127.0.0.1:9/told"
        kept.save()
        with pytest.raises(LookupError), transaction.atomic():
            gateway.api_name = "Never"
            gateway.save()
            row.delete()
            raise LookupError

    assert judge.client.get_api(ApiId=gateway.api_id)["Name"] == "Saved"
    assert judge.extra_urls(gateway.api_id) == {
        "kept": "http://127.0.0.1:9/told",
        "chat": "http://127.0.0.1:9/chat",
    }


def test_a_new_route_that_is_rolled_back_is_not_served_and_can_be_saved_again(gateway, judge):
    before = judge.deployment_count(gateway.api_id)
    with pytest.raises(LookupError), transaction.atomic():
        make_route(gateway)
        raise LookupError
    assert judge.deployment_count(gateway.api_id) == before

    make_route(gateway, integration_url="http://127.0.0.1:9/second")

    assert judge.extra_urls(gateway.api_id) == {"chat": "http://127.0.0.1:9/second"}


def test_a_route_replaced_within_a_transaction_stays(gateway, judge):
    row = make_route(gateway)

    with transaction.atomic():
        row.delete()
        make_route(gateway, integration_url="http://127.0.0.1:9/second")

    assert judge.extra_urls(gateway.api_id) == {"chat": "http://127.0.0.1:9/second"}


def test_a_gateway_deleted_before_the_commit_is_not_pushed(gateway, judge):
    with transaction.atomic():
        gateway.api_name = "Never"
        gateway.save()
        gateway.delete()

    assert judge.client.get_api(ApiId=gateway.api_id)["Name"] == "Saved"


def test_gateways_in_one_transaction_are_deployed_each(gateway, judge):
    other = ApiGateway.objects.create(api_name="Other", target_base_endpoint=BASE)
    other.create_gateway()

    with transaction.atomic():
        for one in (gateway, other):
            one.api_description = "both"
            one.save()

    for one in (gateway, other):
        assert judge.client.get_api(ApiId=one.api_id)["Description"] == "both"
        assert judge.deployment_count(one.api_id) == 2
