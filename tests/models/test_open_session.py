"""The open session of a connection is found and counted."""

import pytest
from django.contrib.auth import get_user_model
from django.db import connection, connections, transaction
from django.test.utils import CaptureQueriesContext

from django_aws_api_gateway_websockets.models import ApiGateway, WebSocketSession
from tests.models.audiences import make_sessions
from tests.statements import statements_of_a_message

pytestmark = pytest.mark.django_db(transaction=True)

on_postgresql = pytest.mark.skipif(
    connection.vendor != "postgresql",
    reason="the databases of the other servers are not named twice",
)


def count(session, **options):
    return WebSocketSession.find_connected(
        session.connection_id, session.api_gateway.api_id, counts_message=True, **options
    )


def counts():
    return list(WebSocketSession.objects.order_by("pk").values_list("request_count", flat=True))


def test_a_counted_message_finds_the_same_as_one_that_is_not(api_gateway):
    user = get_user_model().objects.create_user("grace")
    first, second = make_sessions(api_gateway, 2)
    WebSocketSession.objects.filter(pk=second.pk).update(user=user, channel_name="support")

    counted = count(second)
    found = WebSocketSession.find_connected(second.connection_id, api_gateway.api_id)

    with CaptureQueriesContext(connection) as statements:
        assert (counted.user, counted.api_gateway) == (user, api_gateway)
    assert not statements
    for field in WebSocketSession._meta.concrete_fields:
        assert getattr(counted, field.attname) == getattr(found, field.attname)
    for field in get_user_model()._meta.concrete_fields:
        assert getattr(counted.user, field.attname) == getattr(user, field.attname)
    assert counted.request_count == 2
    assert counts() == [1, 2]
    assert first.updated_on == WebSocketSession.objects.get(pk=first.pk).updated_on


@pytest.mark.parametrize("is_counted", [False, True])
def test_closed_foreign_and_unknown_sessions_are_neither_found_nor_counted(api_gateway, is_counted):
    closed, homeless, one = make_sessions(api_gateway, 3)
    WebSocketSession.objects.filter(pk=closed.pk).update(connected=False)
    WebSocketSession.objects.filter(pk=homeless.pk).update(api_gateway=None)
    ApiGateway.objects.create(api_name="b", api_id="another", target_base_endpoint="https://b/ws/")

    def find(connection_id, api_id, **options):
        return WebSocketSession.find_connected(
            connection_id, api_id, counts_message=is_counted, **options
        )

    api_id = api_gateway.api_id
    assert find(closed.connection_id, api_id, or_without_api=True) is None
    assert find(homeless.connection_id, api_id) is None
    assert find(one.connection_id, "another", or_without_api=True) is None
    assert find(one.connection_id, "", or_without_api=True) is None
    assert find(one.connection_id.swapcase(), api_id) is None
    assert find("' OR 1=1 --", api_id) is None
    assert counts() == [1, 1, 1]

    assert find(homeless.connection_id, api_id, or_without_api=True) == homeless
    assert find(one.connection_id, api_id, or_without_api=True) == one
    assert counts() == ([1, 2, 2] if is_counted else [1, 1, 1])


def test_the_number_of_statements(api_gateway, django_assert_num_queries):
    [one] = make_sessions(api_gateway, 1)

    with django_assert_num_queries(statements_of_a_message()):
        count(one)
    with django_assert_num_queries(statements_of_a_message()):
        count(one, or_without_api=True)


def test_a_session_that_has_counted_can_be_changed_and_saved(api_gateway):
    [one] = make_sessions(api_gateway, 1)

    counted = count(one)
    counted.channel_name = "another"
    counted.save()

    one.refresh_from_db()
    assert (one.channel_name, one.request_count) == ("another", 2)


def test_a_message_rolled_back_is_not_counted(api_gateway):
    [one] = make_sessions(api_gateway, 1)

    with transaction.atomic():
        assert count(one).request_count == 2
        transaction.set_rollback(True)

    assert counts() == [1]


class ReadsElsewhere:
    def db_for_read(self, model, **hints):
        return "replica"


@pytest.fixture(scope="module")
def replica():
    """Another name for the same database."""
    connections.settings["replica"] = connections["default"].settings_dict
    yield connections["replica"]
    del connections["replica"], connections.settings["replica"]


@on_postgresql
@pytest.mark.django_db(transaction=True, databases=["default", "replica"])
def test_a_message_is_counted_on_the_primary_if_reads_go_to_a_replica(
    replica, api_gateway, settings, django_assert_num_queries
):
    [one] = make_sessions(api_gateway, 1)
    settings.DATABASE_ROUTERS = [ReadsElsewhere()]
    with (
        django_assert_num_queries(0, connection=replica),
        django_assert_num_queries(statements_of_a_message(), connection=connection),
    ):
        assert count(one).request_count == 2

    settings.DATABASE_ROUTERS = []
    assert counts() == [2]
    replica.close()
