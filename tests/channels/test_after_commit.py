"""A failure after a commit harms neither the committer nor the callbacks that are due then."""

import pytest
from django.db import transaction
from django.test import Client

from django_aws_api_gateway_websockets.models import ChannelState
from tests import events

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def fails(kinds):
    def fail(self, user):
        raise LookupError("this user has no profile")

    return lambda: setattr(kinds.Room, "describe_member", fail)


def test_a_failure_to_announce_reaches_nobody_who_subscribes(ada, fails, open_socket, server):
    fails()

    assert open_socket("a=", user=ada).subscribe("room-7")


def test_a_failure_to_announce_reaches_nobody_who_ends_a_right(ada, fails, open_socket, server):
    open_socket("a=", user=ada).subscribe("room-7")
    ChannelState.objects.update(announced_on=None)
    fails()

    ada.groups.clear()


def test_a_failure_to_announce_takes_no_callback_of_the_project_along(
    ada, fails, open_socket, server
):
    session = open_socket("a=", user=ada)
    fails()
    done = []
    with transaction.atomic():
        session.subscribe("room-7")
        transaction.on_commit(lambda: done.append("mail"))

    assert done == ["mail"]


def test_a_failure_to_announce_leaves_no_frame_without_a_reply(ada, fails, open_socket, frames):
    open_socket(user=ada, client_id="c")
    fails()
    frame = {"action": "subscribe", "id": "1", "channels": {"room-7": None}}
    client = Client(raise_request_exception=False)

    assert events.message(client, frame, path="/speaking-ws/default").status_code == 200
    assert [one["id"] for one in frames() if one["ws"] == "reply"] == ["1"]
