"""The number of SQL statements each event of a socket costs."""

import pytest
from django.contrib.auth import get_user_model

from django_aws_api_gateway_websockets.models import (
    ChannelPermission,
    WebSocketSession,
    WebSocketToken,
)
from django_aws_api_gateway_websockets.models import (
    connection_attempt as limits,
)
from tests import events
from tests.project.views import OpenView
from tests.statements import statements_of_a_message

# Outside of a test's transaction, so that no savepoint is counted that production does not have.
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def limited(monkeypatch):
    monkeypatch.setattr(OpenView, "RATE_LIMIT_ENABLED", True)
    # About one attempt in a hundred also deletes old ones.
    monkeypatch.setattr(limits, "RATE_LIMIT_PURGE_ONE_IN", 10**9)


def test_connecting_without_a_login_costs_4_also_the_first_time(
    client, api_gateway, limited, django_assert_num_queries
):
    with django_assert_num_queries(4):
        assert events.connect(client, Connectionid="1=").status_code == 200
    with django_assert_num_queries(4):
        assert events.connect(client, Connectionid="2=").status_code == 200


def test_connecting_with_a_token_costs_7_also_the_first_time(
    client, api_gateway, limited, django_assert_num_queries
):
    user = get_user_model().objects.create_user("ada")
    client.force_login(user)
    key = client.session.session_key
    tokens = [WebSocketToken.generate_token(user=user, session_key=key) for _ in range(2)]

    def connect(number: int) -> int:
        query = f"?ws_token={tokens[number].token}&channel=general"
        return events.connect(
            client, "/token-ws/connect", query, Connectionid=f"{number}="
        ).status_code

    with django_assert_num_queries(7):
        assert connect(0) == 200
    with django_assert_num_queries(7):
        assert connect(1) == 200


def test_a_channel_with_a_rule_costs_no_more_than_one_without(
    client, api_gateway, limited, django_assert_num_queries
):
    ChannelPermission.objects.create(channel_name="listed")
    ChannelPermission.objects.create(channel_name="staff", access="staff_only")

    with django_assert_num_queries(4):
        assert events.connect(client, query="?channel=open", Connectionid="1=").status_code == 200
    with django_assert_num_queries(4):
        assert events.connect(client, query="?channel=listed", Connectionid="2=").status_code == 200
    with django_assert_num_queries(3):
        assert events.connect(client, query="?channel=staff", Connectionid="3=").status_code == 403
    api_gateway.default_channel_name = "listed"
    api_gateway.save()
    with django_assert_num_queries(4):
        assert events.connect(client, Connectionid="4=").status_code == 200


@pytest.mark.parametrize("is_recorded", [False, True])
def test_a_pinned_view_costs_as_much_as_others_with_a_record_or_without(
    client, limited, monkeypatch, django_assert_num_queries, request, is_recorded
):
    monkeypatch.setattr(OpenView, "aws_api_gateway_id", events.API_ID)
    ChannelPermission.objects.create(channel_name="listed")
    gateway = request.getfixturevalue("api_gateway") if is_recorded else None

    for number, query in enumerate(["", "?channel=listed", "?channel=open"]):
        with django_assert_num_queries(4):
            answer = events.connect(client, query=query, Connectionid=f"{number}=")
        assert answer.status_code == 200
    with django_assert_num_queries(statements_of_a_message()):
        assert events.message(client, {"action": "silent"}, Connectionid="0=").status_code == 200
    with django_assert_num_queries(1):
        assert events.disconnect(client, Connectionid="0=").status_code == 200
    channels = WebSocketSession.objects.order_by("pk").values_list("channel_name", flat=True)
    assert list(channels) == ["", "listed", "open"]
    assert {session.api_gateway for session in WebSocketSession.objects.all()} == {gateway}


def test_a_message_costs_2_before_its_handler_and_1_on_postgresql(
    client, api_gateway, django_assert_num_queries
):
    WebSocketSession.objects.create(
        connection_id=events.CONNECTION_ID,
        api_gateway=api_gateway,
        user=get_user_model().objects.create_user("ada"),
    )

    with django_assert_num_queries(statements_of_a_message()):
        assert events.message(client, {"action": "silent"}).status_code == 200


def test_a_disconnect_costs_1(client, api_gateway, django_assert_num_queries):
    WebSocketSession.objects.create(connection_id=events.CONNECTION_ID, api_gateway=api_gateway)

    with django_assert_num_queries(1):
        assert events.disconnect(client).status_code == 200
