"""Channels over the local gateway: sockets of a client that speaks the wire protocol by hand."""

import json
from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.test import Client
from django.utils import timezone

from django_aws_api_gateway_websockets import channels
from django_aws_api_gateway_websockets.channels import Channel, relay
from django_aws_api_gateway_websockets.channels.registry import unregister
from django_aws_api_gateway_websockets.models import WebSocketSession
from tests.stack import answer, ask, cookie_of, make_stack
from tests.waiting import eventually

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.any_database]


@pytest.fixture
def _kinds():
    class Room(Channel):
        pattern = "room-<int:pk>"

        def may_subscribe(self, user):
            return user.groups.filter(name=self.name).exists()

    class Board(Channel):
        pattern = "board-<int:pk>"

        def may_subscribe(self, user):
            return True

    yield
    unregister(Room)
    unregister(Board)


@pytest.fixture
def ada(_kinds):
    return get_user_model().objects.create_user("ada")


@pytest.fixture
def socket(live_server, local_gateway, ada):
    """Her socket, open until the test ends."""
    stack = make_stack(live_server, "/wire-ws/")
    browser = Client()
    browser.force_login(ada)
    with stack.connect(cookie=cookie_of(browser)) as opened:
        yield opened


def hello(socket, *names):
    names = dict.fromkeys(names)
    ask(socket, action="hello", ws=1, id="1", client="a-client", channels=names)
    reply = answer(socket)
    assert reply["ok"]
    return reply["channels"]


def test_one_socket_hears_each_of_its_channels_once_and_tagged(socket):
    hello(socket, "board-1", "board-2", "board-3")

    for number in (1, 3, 4):
        channels.publish(f"board-{number}", {"to": number})
    channels.publish("board-2", "last")

    heard = [answer(socket) for _ in range(3)]
    assert heard == [
        {"ws": "message", "channel": "board-1", "data": {"to": 1}},
        {"ws": "message", "channel": "board-3", "data": {"to": 3}},
        {"ws": "message", "channel": "board-2", "data": "last"},
    ]


def test_a_user_who_loses_the_right_is_told_and_hears_nothing_more(socket, ada):
    group = Group.objects.create(name="room-7")
    ada.groups.add(group)
    hello(socket, "room-7", "board-1")
    channels.publish("room-7", "before")
    assert answer(socket)["data"] == "before"

    ada.groups.remove(group)
    channels.publish("room-7", "after")
    channels.publish("board-1", "last")

    assert answer(socket)["ws"] == "unsubscribed"
    assert answer(socket) == {"ws": "message", "channel": "board-1", "data": "last"}


def test_a_closed_client_is_told_why_before_the_close(socket):
    hello(socket)

    WebSocketSession.objects.get().close(reason="maintenance", reconnect=30)

    assert answer(socket) == {"ws": "advice", "reconnect": 30, "reason": "maintenance"}
    # The rest of the socket is its end.
    assert list(socket) == []
    assert socket.protocol.close_code == 1000


def test_a_ghost_is_found_by_asking_the_gateway(socket):
    hello(socket, "board-1")
    socket.close()
    assert eventually(lambda: not WebSocketSession.objects.filter(connected=True).exists())
    # As if $disconnect had been lost.
    long_ago = timezone.now() - timedelta(minutes=5)
    WebSocketSession.objects.update(connected=True, created_on=long_ago)

    relay.ask_after_connections()

    assert not WebSocketSession.objects.filter(connected=True).exists()
    assert channels.publish("board-1", 1).report.total == 0


def test_a_frame_that_is_no_json_object_harms_nobody(socket):
    for frame in ("[1]", "7", '"hello"', json.dumps({"action": ["hello"]})):
        socket.send(frame)

    assert hello(socket, "board-1") == {"board-1": {"ok": True, "position": None}}
