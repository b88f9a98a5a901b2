"""Rooms whose members are too many, or too much is told of them, for one message."""

import pytest
from django.contrib.auth import get_user_model

from django_aws_api_gateway_websockets.channels import presence
from django_aws_api_gateway_websockets.models import ChannelMember, ChannelState
from tests import events

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def crowd(kinds, monkeypatch):
    """Members of three rooms, so well described that one reply does not hold them all."""

    def describe_member(self, user):
        return {"name": user.get_username(), "about": "é" * kinds.letters}

    kinds.letters = 200
    monkeypatch.setattr(kinds.Room, "describe_member", describe_member, raising=False)
    monkeypatch.setattr(kinds.Room, "may_subscribe", lambda self, user: True)
    users = get_user_model()
    users.objects.bulk_create(users(username=f"user{number}") for number in range(120))
    for number in (1, 2, 3):
        ChannelState.objects.create(name=f"room-{number}", version=7, member_count=120)
        ChannelMember.objects.bulk_create(
            ChannelMember(channel_name=f"room-{number}", key=f"user:{user.pk}", user=user)
            for user in users.objects.filter(username__startswith="user")
        )


@pytest.fixture
def hello(client, open_socket, frames, monkeypatch):
    open_socket(user=get_user_model().objects.create_user("ada"))
    # The members are not looked for among connections here.
    monkeypatch.setattr(presence, "announce", lambda name: False)

    def send():
        names = {"room-1": None, "room-2": None, "room-3": None}
        events.message(
            client, {"action": "hello", "ws": 1, "id": "1", "client": "c", "channels": names}
        )
        return frames()

    return send


def test_members_that_do_not_fit_into_the_reply_go_ahead_of_it(crowd, hello):
    *ahead, reply = hello()

    assert [frame["ws"] for frame in ahead] == ["presence"]
    assert ahead[0]["version"] == 7
    assert len(ahead[0]["members"]) == 120
    told = reply["channels"]
    assert told.pop(ahead[0]["channel"]) == {"ok": True, "position": None}
    assert [len(one["presence"]["members"]) for one in told.values()] == [120, 120]


def test_a_room_that_fits_into_no_frame_is_told_its_number(crowd, hello, kinds):
    kinds.letters = 700

    *ahead, reply = hello()

    assert {frame["channel"]: frame.get("count") for frame in ahead} == dict.fromkeys(
        ["room-1", "room-2", "room-3"], 120
    )
    assert reply["ok"]
