"""Creating APIs inside transactions: nothing AWS has created may be forgotten by a rollback."""

# A transaction is more than one statement.
# ruff: noqa: PT012

import pytest
from django.db import OperationalError, connection, transaction
from django.db.models import F

from django_aws_api_gateway_websockets.models import ApiGateway, ApiGatewayAdditionalRoute
from tests.provisioning.judge import Judge

Status = ApiGateway.ProvisioningStatus

BASE = "http://127.0.0.1:9/ws/"


@pytest.fixture
def judge(local_gateway):
    return Judge(local_gateway)


@pytest.fixture
def pending(local_gateway):
    return ApiGateway.objects.create(api_name="In a transaction", target_base_endpoint=BASE)


@pytest.fixture
def has_one_writer(transactional_db):
    return not connection.features.has_select_for_update_nowait


def api_count(judge):
    return len(judge.client.get_apis(MaxResults="500")["Items"])


@pytest.mark.django_db(transaction=True)
class TestInRealTransactions:
    def test_a_rollback_leaves_no_api_without_its_record(self, pending, judge, has_one_writer):
        before = api_count(judge)
        refusal = ValueError if has_one_writer else LookupError

        with pytest.raises(refusal), transaction.atomic():
            pending.create_gateway()
            raise LookupError

        pending.refresh_from_db()
        pending.create_gateway()
        assert api_count(judge) == before + 1
        assert pending.provisioning_status == Status.DEPLOYED

    def test_progress_is_seen_by_others_before_the_commit(self, pending, has_one_writer):
        if has_one_writer:
            pytest.skip("this database has one writer")
        route = ApiGatewayAdditionalRoute.objects.create(
            api_gateway=pending, name="r", route_key="r", integration_url="http://127.0.0.1:9/r"
        )

        with transaction.atomic():
            assert pending.create_gateway() is True
            assert pending.is_deployed
            transaction.set_rollback(True)

        pending.refresh_from_db()
        route.refresh_from_db()
        assert pending.is_deployed
        assert route.deployed

    def test_a_refusal_of_aws_stays_noted(self, pending, judge, has_one_writer):
        if has_one_writer:
            pytest.skip("this database has one writer")
        ApiGateway.objects.update(api_name="n" * 200)
        pending.refresh_from_db()

        with pytest.raises(Exception, match="BadRequest"), transaction.atomic():
            pending.create_gateway()

        pending.refresh_from_db()
        assert pending.last_error == "BadRequestException: BadRequestException"
        assert pending.provisioning_status == Status.PENDING

    def test_a_record_with_uncommitted_changes_is_refused_before_any_call(self, pending, judge):
        before = api_count(judge)

        with pytest.raises(ValueError, match="a transaction is open"), transaction.atomic():
            ApiGateway.objects.update(api_description=F("api_name"))
            pending.create_gateway()

        assert api_count(judge) == before

    def test_a_record_with_uncommitted_routes_is_refused_before_any_call(self, pending, judge):
        before = api_count(judge)

        with pytest.raises(ValueError, match="non_atomic_requests"), transaction.atomic():
            ApiGatewayAdditionalRoute.objects.create(
                api_gateway=pending, name="r", route_key="r", integration_url="http://a/"
            )
            pending.create_gateway()

        assert api_count(judge) == before

    def test_a_record_that_is_not_committed_is_refused_before_any_call(self, judge):
        before = api_count(judge)

        with pytest.raises(ValueError, match="a transaction is open"), transaction.atomic():
            ApiGateway.objects.create(api_name="New", target_base_endpoint=BASE).create_gateway()

        assert api_count(judge) == before

    def test_an_unsaved_record_is_kept_with_its_api(self, local_gateway, has_one_writer):
        gateway = ApiGateway(api_name="Unsaved", target_base_endpoint=BASE)
        refusal = ValueError if has_one_writer else LookupError

        with pytest.raises(refusal), transaction.atomic():
            gateway.create_gateway()
            raise LookupError

        assert ApiGateway.objects.count() == (0 if has_one_writer else 1)

    def test_with_autocommit_off_it_is_as_inside_a_transaction(
        self, pending, judge, has_one_writer
    ):
        before = api_count(judge)
        transaction.set_autocommit(False)
        try:
            if has_one_writer:
                with pytest.raises(ValueError, match="a transaction is open"):
                    pending.create_gateway()
            else:
                pending.create_gateway()
            transaction.rollback()
        finally:
            transaction.set_autocommit(True)

        pending.refresh_from_db()
        assert api_count(judge) == before + (0 if has_one_writer else 1)
        assert pending.is_deployed is not has_one_writer

    def test_an_api_that_could_not_be_recorded_keeps_its_claim_and_is_named_in_the_log(
        self, pending, judge, caplog
    ):
        def refuse_api_ids(execute, sql, params, many, context):
            if sql.startswith("UPDATE") and "api_endpoint" in sql:
                raise OperationalError("the database is away")
            return execute(sql, params, many, context)

        with connection.execute_wrapper(refuse_api_ids), pytest.raises(OperationalError):
            pending.create_gateway()

        api_id = pending.api_id
        assert judge.client.get_api(ApiId=api_id)["Name"] == "In a transaction"
        pending.refresh_from_db()
        assert pending.provisioning_status == Status.CREATING
        assert pending.last_error == "OperationalError"
        assert api_id in caplog.text


@pytest.mark.django_db
class TestInTestsThatRollBack:
    def test_an_api_can_be_created_though_the_test_is_a_transaction(self, pending):
        assert pending.create_gateway() is True
        pending.refresh_from_db()
        assert pending.is_deployed

    def test_an_api_can_be_created_within_a_transaction_of_the_code_under_test(self, pending):
        with transaction.atomic():
            assert pending.create_gateway() is True

        pending.refresh_from_db()
        assert pending.is_deployed
