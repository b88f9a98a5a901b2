"""The channels of connections in the admin: to look at, and to search."""

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test.utils import CaptureQueriesContext

from django_aws_api_gateway_websockets.models import Subscription, WebSocketSession
from tests.admin.pages import list_of, page_of

pytestmark = pytest.mark.django_db

LIST = list_of("subscription")


@pytest.fixture
def subscription(rows):
    return Subscription.objects.create(session=rows.websocketsession, channel_name="room-7")


def found(client, **query):
    return list(client.get(LIST, query).context["cl"].result_list)


def test_the_page_of_a_connection_shows_its_channels(client_of, rows, subscription):
    page = client_of("view_websocketsession").get(page_of(rows.websocketsession))

    content = page.content.decode()
    assert page.status_code == 200
    assert "room-7" in content
    assert "DELETE" not in content
    assert 'name="subscriptions-0-channel_name"' not in content


@pytest.mark.parametrize("text", ["room-7", "oom", "bcd", "ada", "ada@example.com"])
def test_subscriptions_are_found_by_channel_connection_and_user(root, subscription, text):
    assert found(root, q=text) == [subscription]
    assert found(root, q=f"{text}x") == []


def test_subscriptions_are_filtered_by_channel_and_state(root, subscription):
    assert found(root, channel_name="room-7") == [subscription]
    assert found(root, channel_name="room-8") == []
    assert found(root, session__connected__exact="0") == []


def test_nobody_adds_changes_or_deletes_one(root, subscription):
    assert root.get(page_of(subscription)).status_code == 200
    assert root.get(f"{LIST}add/").status_code == 403
    assert root.post(page_of(subscription), {"channel_name": "room-8"}).status_code == 403
    assert root.post(page_of(subscription, "delete"), {"post": "yes"}).status_code == 403
    assert "delete_selected" not in root.get(LIST).content.decode()
    assert Subscription.objects.get().channel_name == "room-7"


def test_a_connection_in_channels_is_deleted_by_those_who_may_delete_connections(
    client_of, rows, subscription
):
    sweeper = client_of("view_websocketsession", "delete_websocketsession")
    session = rows.websocketsession

    confirmation = sweeper.get(page_of(session, "delete")).content.decode()
    assert "Are you sure" in confirmation
    assert sweeper.post(page_of(session, "delete"), {"post": "yes"}).status_code == 302

    assert not Subscription.objects.exists()


def test_the_page_of_a_channels_rules_leads_to_its_connections(root, rows, subscription):
    Subscription.objects.update(channel_name="staff-room")
    page = root.get(page_of(rows.channelpermission)).content.decode()

    assert f'href="{LIST}?channel_name=staff-room"' in page
    assert len(found(root, channel_name="staff-room")) == 1


def test_a_list_costs_no_more_with_more_rows(root, rows, subscription, api_gateway):
    root.get(LIST)
    with CaptureQueriesContext(connection) as with_one:
        root.get(LIST)
    for number in range(20):
        session = WebSocketSession.objects.create(
            connection_id=f"{number}=",
            user=get_user_model().objects.create_user(f"user{number}"),
            api_gateway=api_gateway,
        )
        Subscription.objects.create(session=session, channel_name=f"room-{number}")
    with CaptureQueriesContext(connection) as with_many:
        root.get(LIST)

    assert len(with_many) == len(with_one)
