"""A channel as an audience: `in_channel()` with one name, several, and on other querysets."""

import pytest
from django.contrib.auth import get_user_model

from django_aws_api_gateway_websockets.models import WebSocketSession
from tests.models.audiences import make_sessions

pytestmark = pytest.mark.django_db

NAMES = ("general", "support", "%s", "'; --", "")


@pytest.fixture
def reached(monkeypatch):
    """Connection ids that were posted to, in their order."""
    ids = []

    class Double:
        def post_to_connection(self, **arguments):
            ids.append(arguments["ConnectionId"])
            return {}

    monkeypatch.setattr(
        "django_aws_api_gateway_websockets.models.get_boto3_client",
        lambda *args, **kwargs: Double(),
    )
    return ids


def send(sessions):
    return len(sessions.send_message({}, max_workers=1))


def test_a_message_reaches_those_in_the_channel_that_can_be_sent_to(reached, api_gateway):
    users = get_user_model().objects
    active, inactive = users.create_user("ada"), users.create_user("dan", is_active=False)
    make_sessions(api_gateway, 3, channel_name="general")
    make_sessions(api_gateway, 2, start=3, channel_name="general", user=active)
    make_sessions(api_gateway, 2, start=5, channel_name="general", user=inactive)
    make_sessions(api_gateway, 2, start=7, channel_name="general", connected=False)
    make_sessions(None, 1, start=9, channel_name="general")
    make_sessions(api_gateway, 2, start=10, channel_name="support")

    assert send(WebSocketSession.objects.in_channel("general")) == 5
    assert sorted(reached) == [f"L0SM9cOFv{index:06}=" for index in range(5)]


def test_each_channel_has_its_own_audience(reached, api_gateway):
    for index, name in enumerate(NAMES):
        make_sessions(api_gateway, index + 1, start=10 * index, channel_name=name)

    sent = [send(WebSocketSession.objects.in_channel(name)) for name in NAMES]

    assert sent == [1, 2, 3, 4, 5]
    assert send(WebSocketSession.objects.in_channel("x")) == 0
    assert send(WebSocketSession.objects.in_channel("general", "support", "x")) == 3


def test_a_channel_is_a_queryset_like_any_other(reached, api_gateway):
    ada = get_user_model().objects.create_user("ada")
    make_sessions(api_gateway, 3, channel_name="general")
    make_sessions(api_gateway, 2, start=3, channel_name="general", user=ada)
    make_sessions(api_gateway, 1, start=5, channel_name="support", user=ada)
    general = WebSocketSession.objects.in_channel("general")

    assert general.count() == len(general) == 5
    assert send(general.exclude(user=ada)) == 3
    assert send(general.order_by("-pk")[:2]) == 2
    assert send(general | WebSocketSession.objects.in_channel("support")) == 6
    assert send(general & WebSocketSession.objects.filter(user=ada)) == 2
    assert general.connected().count() == 5
    assert general.broadcast({}, now=True).sent == 5
    # The channel itself is what it was.
    assert send(general) == 5


def test_sessions_of_something_else_are_narrowed_to_the_channel(reached, api_gateway):
    ada = get_user_model().objects.create_user("ada")
    make_sessions(api_gateway, 3, channel_name="general")
    make_sessions(api_gateway, 2, start=3, channel_name="general", user=ada)
    make_sessions(api_gateway, 1, start=5, channel_name="support", user=ada)

    assert send(ada.websocket_sessions.in_channel("general")) == 2
    assert send(api_gateway.sessions.in_channel("support")) == 1
    assert send(WebSocketSession.objects.filter(user=None).in_channel("general")) == 3
    assert send(WebSocketSession.objects.none().in_channel("general")) == 0


def test_a_channel_needs_a_name():
    with pytest.raises(TypeError, match="channel_name"):
        WebSocketSession.objects.in_channel()


def test_a_channel_is_read_with_one_statement(reached, api_gateway, django_assert_num_queries):
    make_sessions(api_gateway, 3, channel_name="general")

    with django_assert_num_queries(1):
        assert send(WebSocketSession.objects.in_channel("general")) == 3
