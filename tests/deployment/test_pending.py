"""Commits after which AWS does not do its part, and tests that never commit."""

# A transaction is more than one statement.
# ruff: noqa: PT012

import logging
from unittest.mock import patch

import pytest
from django.db import transaction

from django_aws_api_gateway_websockets.models import (
    ApiGateway,
    ApiGatewayAdditionalRoute,
    ApiGatewaySyncError,
    collect_deferred_sync_errors,
    run_aws_after_commit,
)

PATCH_POINT = "django_aws_api_gateway_websockets.models.get_boto3_client"


def refuse():
    raise ApiGatewaySyncError("ClientError: Refused")


class TestInRealTransactions:
    pytestmark = pytest.mark.django_db(transaction=True)

    def test_without_a_transaction_an_operation_runs_now(self):
        done = []

        run_aws_after_commit(lambda: done.append("now"))

        assert done == ["now"]

    def test_the_callbacks_of_the_project_run_before_the_error_is_raised(self):
        done = []

        with pytest.raises(ApiGatewaySyncError, match="Refused"), transaction.atomic():
            transaction.on_commit(lambda: done.append("before"))
            run_aws_after_commit(refuse)
            transaction.on_commit(lambda: done.append("after"))

        assert done == ["before", "after"]

    def test_an_error_of_another_kind_drops_no_callback_either(self):
        done = []

        with pytest.raises(RuntimeError, match="no region"), transaction.atomic():
            run_aws_after_commit(lambda: raise_(RuntimeError("no region")))
            transaction.on_commit(lambda: done.append("after"))

        assert done == ["after"]

    def test_after_a_savepoint_was_rolled_back_no_callback_is_dropped_either(self, caplog):
        done = []

        with transaction.atomic():
            run_aws_after_commit(refuse)
            with pytest.raises(LookupError), transaction.atomic():
                raise LookupError
            transaction.on_commit(lambda: done.append("after"))

        assert done == ["after"]
        assert "AWS was not told" in caplog.text

    def test_errors_can_be_collected_instead(self):
        with collect_deferred_sync_errors() as errors, transaction.atomic():
            run_aws_after_commit(refuse)
            run_aws_after_commit(refuse)

        assert [str(error) for error in errors] == ["ClientError: Refused"] * 2

    def test_an_error_of_a_commit_after_the_collecting_is_logged_and_not_raised(self, caplog):
        with transaction.atomic(), collect_deferred_sync_errors() as errors:
            run_aws_after_commit(refuse)

        assert errors == []
        assert "ClientError: Refused" in caplog.text

    def test_a_failing_save_keeps_the_row_and_the_callbacks_of_the_project(
        self, api_gateway, settings
    ):
        settings.WEBSOCKETS = {"local_gateway": True, "local_gateway_address": "127.0.0.1:9"}
        done = []

        with pytest.raises(ApiGatewaySyncError), transaction.atomic():
            api_gateway.api_name = "Kept"
            api_gateway.save()
            transaction.on_commit(lambda: done.append("task"))

        assert done == ["task"]
        stored = ApiGateway.objects.get()
        assert (stored.api_name, stored.last_error) == ("Kept", "EndpointConnectionError")


@pytest.mark.django_db
class TestInTestsThatRollBack:
    def test_a_captured_save_makes_one_update(
        self, api_gateway, django_capture_on_commit_callbacks
    ):
        with patch(PATCH_POINT) as get_client, django_capture_on_commit_callbacks(execute=True):
            api_gateway.api_name = "Renamed"
            api_gateway.save()

        get_client.return_value.update_api.assert_called_once_with(
            ApiId="a1b2c3d4e5", Name="Renamed"
        )

    def test_without_capturing_nothing_is_called(self, api_gateway):
        with patch(PATCH_POINT) as get_client:
            api_gateway.api_name = "Renamed"
            api_gateway.save()

        get_client.assert_not_called()

    def test_a_second_capture_in_the_same_test_makes_a_second_update(
        self, api_gateway, django_capture_on_commit_callbacks
    ):
        with patch(PATCH_POINT) as get_client:
            for name in ("First", "Second"):
                with django_capture_on_commit_callbacks(execute=True):
                    api_gateway.api_name = name
                    api_gateway.save()

        names = [call.kwargs["Name"] for call in get_client.return_value.update_api.mock_calls]
        assert names == ["First", "Second"]

    def test_a_captured_error_is_raised_after_the_callbacks_of_the_project(
        self, django_capture_on_commit_callbacks
    ):
        done = []

        with (
            pytest.raises(ApiGatewaySyncError),
            django_capture_on_commit_callbacks(execute=True),
        ):
            run_aws_after_commit(refuse)
            transaction.on_commit(lambda: done.append("after"))

        assert done == ["after"]

    def test_a_new_route_is_created_and_deployed_at_once(self, api_gateway):
        with patch(PATCH_POINT) as get_client:
            ApiGatewayAdditionalRoute.objects.create(
                api_gateway=api_gateway, name="r", route_key="r", integration_url="https://a/"
            )

        client = get_client.return_value
        client.create_route.assert_called_once()
        client.create_deployment.assert_called_once()

    def test_the_secret_is_not_logged(self, api_gateway, settings, caplog):
        settings.WEBSOCKETS = {
            "local_gateway": True,
            "local_gateway_address": "127.0.0.1:9",
            "gateway_secret": "s" * 40,
        }
        caplog.set_level(logging.DEBUG, "django_aws_api_gateway_websockets")

        with pytest.raises(ApiGatewaySyncError):
            api_gateway.sync_to_aws()

        assert "EndpointConnectionError" in caplog.text
        assert "s" * 40 not in caplog.text


def raise_(error):
    raise error
