import pytest
from django.core.checks import run_checks
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from django_aws_api_gateway_websockets.checks.migration_history import APP, RELEASES
from django_aws_api_gateway_websockets.models import WebSocketSession

pytestmark = pytest.mark.django_db


def test_a_complete_history_is_migrated():
    call_command("migrate", verbosity=0, skip_checks=False)

    assert run_checks(databases=["default"]) == []


@pytest.mark.parametrize(
    ("step", "never_applied"),
    [
        ("0001_gateways_routes_sessions", "0005_apigatewayadditionalroute_deployed"),
        ("0003_token_and_limit_tables_renamed", "0009_alter_connectionratelimit_table_and_more"),
        ("0004_login_hashes_permissions_provisioning", "0013_apigatewayadditionalroute_aws_ids"),
    ],
)
def test_a_history_that_stopped_between_two_releases_is_refused_and_left_alone(step, never_applied):
    session = WebSocketSession.objects.create(connection_id="a=")
    recorder = MigrationRecorder(connection)
    # The migrations such a project's database has recorded.
    for name in (step, never_applied):
        recorder.record_unapplied(APP, name)

    with pytest.raises(CommandError) as raised:
        call_command("migrate", verbosity=0, skip_checks=False)

    assert f"{never_applied} was never applied" in str(raised.value)
    assert f"Install release {RELEASES[step]}" in str(raised.value)
    assert WebSocketSession.objects.get() == session
