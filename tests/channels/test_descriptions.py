"""A member's description by the project may fail, which harms nobody else."""

import logging

import pytest
from django.contrib.auth import get_user_model
from django.db import DatabaseError, transaction

from django_aws_api_gateway_websockets import channels
from django_aws_api_gateway_websockets.channels import presence
from django_aws_api_gateway_websockets.channels.registry import unregister
from django_aws_api_gateway_websockets.models import ChannelState
from tests import events

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.any_database]


def fail(user):
    raise LookupError("this user has no profile")


def fail_in_the_database(user):
    raise DatabaseError("the table is locked")


@pytest.fixture
def hub():
    """A channel everybody may be in, where bob's description is what the test says."""

    class Hub(channels.Channel):
        pattern = "hub"
        presence = True
        describe_bob = staticmethod(lambda user: {"name": "bob"})

        def may_subscribe(self, user):
            return True

        def describe_member(self, user):
            return self.describe_bob(user) if user.username == "bob" else {"name": user.username}

    yield Hub
    unregister(Hub)


@pytest.fixture
def enter(hub, open_socket, server):
    """Opens a connection of a user, who is announced at once."""

    def make(name):
        ChannelState.objects.update(announced_on=None)
        open_socket(f"{name}=", user=name).subscribe("hub")

    return make


def key_of(name):
    return f"user:{get_user_model().objects.get(username=name).pk}"


def test_a_member_that_cannot_be_described_keeps_no_newcomer_out(
    hub, kinds, enter, open_socket, client, frames, caplog
):
    enter("bob")
    hub.describe_bob = staticmethod(fail)
    open_socket(user="ada")
    names = {"hub": None, "board-a": None}
    hello = {"action": "hello", "ws": 1, "id": "1", "client": "c", "channels": names}

    response = events.message(client, hello, path="/speaking-ws/default")

    [reply] = [frame for frame in frames() if frame["ws"] == "reply"]
    assert response.status_code == 200
    assert reply["channels"]["board-a"]["ok"]
    assert {"id": key_of("bob")} in reply["channels"]["hub"]["presence"]["members"]
    assert "Hub.describe_member() failed" in caplog.text
    assert "this user has no profile" in caplog.text


@pytest.mark.parametrize(
    "describe",
    [
        fail,
        lambda user: {"name": {1}},
        lambda user: {"name": "\ud800"},
        lambda user: {"about": "x" * 140_000},
        lambda user: None,
    ],
    ids=["raises", "a set", "half a pair", "too large", "none"],
)
def test_a_member_that_cannot_be_described_is_announced_by_its_id(
    hub, enter, frames, describe, caplog
):
    enter("watcher")
    hub.describe_bob = staticmethod(describe)
    enter("bob")
    enter("ada")

    told = [frame for frame in frames("watcher=") if frame["ws"] == "presence"]
    joined = [member for frame in told[1:] for member in frame["joined"]]
    assert [frame["version"] for frame in told] == [1, 2, 3]
    assert joined == [{"id": key_of("bob")}, {"name": "ada", "id": key_of("ada")}]
    assert len([one for one in caplog.records if one.levelno == logging.ERROR]) == 1


def test_a_database_that_fails_behind_a_description_ends_the_transaction_alone(hub, enter, caplog):
    enter("bob")
    hub.describe_bob = staticmethod(fail_in_the_database)

    told = presence.snapshots([hub()])
    with transaction.atomic(), pytest.raises(DatabaseError):
        presence.snapshots([hub()])

    assert told["hub"]["members"] == [{"id": key_of("bob")}]
