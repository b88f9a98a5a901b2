"""The numbers of statements the pages about models and sending promise."""

import pytest
from botocore.exceptions import ClientError
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.db import connection

from django_aws_api_gateway_websockets import models
from django_aws_api_gateway_websockets.models import (
    AttemptWindow,
    ChannelPermission,
    ConnectionRateLimit,
    WebSocketSession,
    WebSocketToken,
)
from django_aws_api_gateway_websockets.models import (
    connection_attempt as limits,
)
from tests.models.audiences import make_sessions

# Outside of a test's transaction, so that no savepoint is counted that production does not have.
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.any_database]


@pytest.fixture
def ada():
    return get_user_model().objects.create_user("ada")


@pytest.fixture
def sessions(api_gateway, ada, monkeypatch):
    """Three sessions, and a client whose posts all succeed."""

    class Client:
        def post_to_connection(self, **kwargs):
            return {}

        delete_connection = post_to_connection

    monkeypatch.setattr(models, "get_boto3_client", lambda *args, **kwargs: Client())
    rows = [
        WebSocketSession(connection_id=f"{number}=", api_gateway=api_gateway, user=ada)
        for number in range(3)
    ]
    WebSocketSession.objects.bulk_create(rows)
    return WebSocketSession.objects


def test_sending_to_one_costs_its_gateway_unless_that_is_loaded(
    sessions, django_assert_num_queries
):
    plain = sessions.first()
    loaded = sessions.select_related("api_gateway").first()

    with django_assert_num_queries(1):
        plain.send_message({})
    with django_assert_num_queries(0):
        loaded.send_message({})


def test_sending_to_many_costs_1_whatever_the_queryset(sessions, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert len(sessions.send_message({})) == 3
    with django_assert_num_queries(1):
        assert len(sessions.order_by("pk")[:2].send_message({})) == 2
    with django_assert_num_queries(1):
        assert len(sessions.filter(user__username="ada").send_message({})) == 3


LOCKS = 3 if connection.features.has_select_for_update else 0
"""Statements that lock many rows in order on a server; a savepoint, as tests are transactions."""


@pytest.mark.parametrize(("number", "statements"), [(2_000, 2), (2_001, 3)])
def test_those_who_are_gone_cost_1_for_each_2000(
    api_gateway, monkeypatch, django_assert_num_queries, number, statements
):
    class Client:
        def post_to_connection(self, **kwargs):
            raise ClientError({"Error": {"Code": "GoneException"}}, "PostToConnection")

    monkeypatch.setattr(models, "get_boto3_client", lambda *args, **kwargs: Client())
    make_sessions(api_gateway, number)

    with django_assert_num_queries(statements + LOCKS):
        assert WebSocketSession.objects.send_message({}) == []
    assert not WebSocketSession.objects.filter(connected=True).exists()


def test_closing_costs_what_is_promised(sessions, django_assert_num_queries):
    one = sessions.select_related("api_gateway").first()

    with django_assert_num_queries(2):
        one.close()
    with django_assert_num_queries(3 + LOCKS):
        assert sessions.all().close() == 2


def test_tokens_cost_what_is_promised(ada, django_assert_num_queries):
    with django_assert_num_queries(1):
        first = WebSocketToken.generate_token(ada, "key")
    second = WebSocketToken.generate_token(ada, "key")

    with django_assert_num_queries(1):
        assert WebSocketToken.validate_and_consume(first.token, "key", likely_user=ada) == ada
    with django_assert_num_queries(2):
        assert WebSocketToken.validate_and_consume(second.token, "key") == ada
    with django_assert_num_queries(1):
        assert WebSocketToken.check_rate_limit(ada)


def test_attempts_cost_what_is_promised(ada, django_assert_num_queries, monkeypatch):
    # About one attempt in a hundred also deletes old ones.
    monkeypatch.setattr(limits, "RATE_LIMIT_PURGE_ONE_IN", 10**9)

    with django_assert_num_queries(2):
        assert AttemptWindow.take("user:1", limit=2, window_seconds=60.0)
    with django_assert_num_queries(2):
        assert AttemptWindow.take("user:1", limit=2, window_seconds=60.0)
    with django_assert_num_queries(1):
        ConnectionRateLimit.record_attempt("203.0.113.7", ada)
    with django_assert_num_queries(1):
        ConnectionRateLimit.check_rate_limit("203.0.113.7", ada)


def test_rules_cost_2_whatever_their_number(ada, django_assert_num_queries):
    channel = ChannelPermission.objects.create(channel_name="editors", access="permissions")
    for _ in range(5):
        channel.rules.create().permissions.add(Permission.objects.get(codename="change_user"))
    assert not ada.has_perm("auth.change_user")  # The user's permissions are loaded now.

    with django_assert_num_queries(1):
        found = ChannelPermission.for_channel("editors")
    with django_assert_num_queries(2):
        assert not found.allows(ada)
