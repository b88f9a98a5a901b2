"""Open connections whose rows are deleted, as in the admin, have left their channels."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone

from django_aws_api_gateway_websockets import channels
from django_aws_api_gateway_websockets.models import ChannelState, WebSocketSession
from django_aws_api_gateway_websockets.signals import disconnected, vacated

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def heard():
    """Names of the signals that were sent, with what they told of."""
    told = []

    def note_end(session, **facts):
        told.append(("disconnected", session.connection_id, session.user.get_username()))

    def note_empty(channel_name, **facts):
        told.append(("vacated", channel_name))

    disconnected.connect(note_end)
    vacated.connect(note_empty)
    yield told
    disconnected.disconnect(note_end)
    vacated.disconnect(note_empty)


def forget_the_last_second():
    ChannelState.objects.update(announced_on=None)


@pytest.mark.parametrize("one_by_one", [True, False])
def test_the_others_are_told_of_a_connection_that_is_deleted(
    kinds, open_socket, frames, one_by_one
):
    open_socket("w=", user="watcher").subscribe("hall-a")
    ada = open_socket("a=", user="ada")
    forget_the_last_second()
    ada.subscribe("hall-a")
    forget_the_last_second()

    if one_by_one:
        ada.delete()
    else:
        WebSocketSession.objects.filter(connection_id="a=").delete()

    counts = [frame["count"] for frame in frames("w=") if frame["ws"] == "presence"]
    assert counts == [1, 2, 1]
    assert channels.channel("hall-a").count() == 1


def test_the_project_is_told_of_it(kinds, open_socket, server, heard):
    open_socket("a=", user="ada", channel_name="news").subscribe("hall-a")
    open_socket("b=", user="ada", connected=False)

    WebSocketSession.objects.all().delete()

    # The row of a channel says that it is occupied once somebody has subscribed.
    assert sorted(heard) == [("disconnected", "a=", "ada"), ("vacated", "hall-a")]


def test_a_deletion_of_closed_connections_tells_nobody(kinds, open_socket, server, heard):
    open_socket("a=", user="ada", connected=False, channel_name="news")

    WebSocketSession.objects.all().delete()

    assert heard == []


def test_the_project_is_told_of_those_that_a_deleted_gateway_takes_along(
    kinds, open_socket, server, heard
):
    session = open_socket("a=", user="ada")
    session.subscribe("hall-a")

    session.api_gateway.delete()

    assert sorted(heard) == [("disconnected", "a=", "ada"), ("vacated", "hall-a")]


def test_the_project_is_told_of_those_that_are_cleared_as_stale(kinds, open_socket, server, heard):
    open_socket("a=", user="ada").subscribe("hall-a")
    WebSocketSession.objects.update(created_on=timezone.now() - timedelta(hours=5))

    call_command("clearWebSocketSessions", stale_hours=3)

    assert sorted(heard) == [("disconnected", "a=", "ada"), ("vacated", "hall-a")]
