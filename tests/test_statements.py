"""How many SQL statements each event of a socket costs."""

import pytest
from django.contrib.auth import get_user_model

from django_aws_api_gateway_websockets.models import (
    ChannelPermission,
    WebSocketSession,
    WebSocketToken,
    limits,
)
from tests import events
from tests.project.views import OpenView

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


def test_a_channel_with_a_rule_costs_one_more(client, api_gateway, django_assert_num_queries):
    ChannelPermission.objects.create(channel_name="listed")

    with django_assert_num_queries(2):
        assert events.connect(client, query="?channel=open", Connectionid="1=").status_code == 200
    with django_assert_num_queries(3):
        assert events.connect(client, query="?channel=listed", Connectionid="2=").status_code == 200


def test_a_message_costs_2_before_its_handler(client, api_gateway, django_assert_num_queries):
    WebSocketSession.objects.create(
        connection_id=events.CONNECTION_ID,
        api_gateway=api_gateway,
        user=get_user_model().objects.create_user("ada"),
    )

    with django_assert_num_queries(2):
        assert events.message(client, {"action": "silent"}).status_code == 200


def test_a_disconnect_costs_1(client, api_gateway, django_assert_num_queries):
    WebSocketSession.objects.create(connection_id=events.CONNECTION_ID, api_gateway=api_gateway)

    with django_assert_num_queries(1):
        assert events.disconnect(client).status_code == 200
