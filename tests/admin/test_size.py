"""Pages stay small and quick, whatever stands in the tables."""

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test.utils import CaptureQueriesContext

from django_aws_api_gateway_websockets.models import (
    ChannelPermission,
    ConnectionRateLimit,
    WebSocketSession,
    WebSocketToken,
)
from tests.admin.pages import RECORDS, list_of, page_of

pytestmark = [pytest.mark.django_db, pytest.mark.any_database, pytest.mark.slow]

CHANNELS = 2000
MAX_BYTES = 100_000


@pytest.fixture
def crowd(api_gateway) -> None:
    """Make 2,000 users, each with a session in a channel of their own, a token and an attempt."""
    users = get_user_model().objects
    users.bulk_create(
        get_user_model()(username=f"user{number}", email=f"user{number}@example.com")
        for number in range(CHANNELS)
    )
    everybody = list(users.filter(username__startswith="user").order_by("pk"))
    WebSocketSession.objects.bulk_create(
        WebSocketSession(
            connection_id=f"{number}=",
            channel_name=f"channel-{number}",
            user=user,
            api_gateway=api_gateway,
        )
        for number, user in enumerate(everybody)
    )
    WebSocketToken.objects.bulk_create(
        WebSocketToken(token=f"{number:064x}", session_key="5e" * 32, user=user)
        for number, user in enumerate(everybody)
    )
    ConnectionRateLimit.objects.bulk_create(
        ConnectionRateLimit(ip_address=f"10.0.{number // 250}.{number % 250}", user=user)
        for number, user in enumerate(everybody)
    )


def cost_of(client, url: str) -> tuple[int, int]:
    """Count statements and bytes of a page on its second request."""
    client.get(url)
    with CaptureQueriesContext(connection) as statements:
        response = client.get(url)
    assert response.status_code == 200
    return len(statements), len(response.content)


STATEMENTS_OF_LISTS = {
    "websocketsession": {"": 7, "?q=channel-7": 7, "?channel_name=channel-7": 7},
    "websockettoken": {"": 5, "?q=user7": 5},
    "connectionratelimit": {"": 7, "?q=10.0": 7},
}


def test_a_list_of_thousands_costs_a_few_statements_and_one_screenful(root, crowd):
    for model, searches in STATEMENTS_OF_LISTS.items():
        for search, limit in searches.items():
            statements, size = cost_of(root, list_of(model) + search)

            assert statements <= limit, (model, search)
            assert size < MAX_BYTES, (model, search)


def test_a_channel_is_found_in_a_list_of_thousands(root, crowd):
    page = root.get(list_of("websocketsession") + "?channel_name=channel-1234").content.decode()

    assert page.count("channel-1234") >= 2
    assert "channel-1235" not in page


def test_the_page_of_a_record_has_no_list_of_users(root, rows, crowd):
    for model in RECORDS:
        statements, size = cost_of(root, page_of(getattr(rows, model)))

        # A session also shows its subscriptions.
        assert statements <= 6, model
        assert size < MAX_BYTES, model


def test_the_list_of_permissions_costs_the_same_for_one_rule_and_for_many(root, rows):
    before, _ = cost_of(root, list_of("channelpermission"))

    for number in range(20):
        channel = ChannelPermission.objects.create(
            channel_name=f"room{number}", access="permissions"
        )
        for _ in range(3):
            rule = channel.rules.create()
            rule.permissions.set(rows.channelpermission.rules.get().permissions.all())

    assert cost_of(root, list_of("channelpermission"))[0] == before


def test_deleting_a_gateway_does_not_list_its_sessions(root, rows, crowd):
    statements, size = cost_of(root, page_of(rows.apigateway, "delete"))

    assert statements <= 6
    assert size < MAX_BYTES
