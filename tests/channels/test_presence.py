"""Presence has members with their tabs, and the others are told of their changes."""

from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.db import DatabaseError
from django.utils import timezone

from django_aws_api_gateway_websockets import channels, signals
from django_aws_api_gateway_websockets.channels import presence
from django_aws_api_gateway_websockets.channels.relay import announce_due
from django_aws_api_gateway_websockets.models import (
    ChannelMember,
    ChannelState,
    WebSocketSession,
)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def lobby():
    """A channel everybody may be in, whose members are named."""

    class Lobby(channels.Channel):
        pattern = "lobby"
        presence = True

        def may_subscribe(self, user):
            return True

    yield Lobby()
    from django_aws_api_gateway_websockets.channels.registry import unregister

    unregister(Lobby)


@pytest.fixture
def enter(open_socket, server):
    """Opens a connection that subscribes to the channel."""

    def make(connection_id, user=None, **values):
        session = open_socket(connection_id, user=user, **values)
        session.subscribe("lobby")
        return session

    return make


def let_time_pass(seconds):
    """Make all that has happened that much older."""
    age = timedelta(seconds=seconds)
    for state in ChannelState.objects.all():
        state.announced_on = state.announced_on and state.announced_on - age
        state.due_on = state.due_on and state.due_on - age
        state.save()
    for session in WebSocketSession.objects.filter(connected=False):
        aged = WebSocketSession.objects.filter(pk=session.pk)
        aged.update(updated_on=session.updated_on - age)


def changes(frames, connection_id="w="):
    return [frame for frame in frames(connection_id) if frame["ws"] == "presence"]


def names(members):
    return sorted(member["name"] for member in members)


def test_a_newcomer_is_announced_to_everybody(lobby, enter, frames):
    enter("w=", user="watcher")
    let_time_pass(2)
    enter("a=", user="ada")

    last = changes(frames)[-1]
    assert (names(last["joined"]), last["left"], last["version"]) == (["ada"], [], 2)
    assert [member.user.username for member in lobby.members()] == ["watcher", "ada"]


def test_two_tabs_are_one_member_and_the_last_one_counts(lobby, enter, frames):
    enter("w=", user="watcher")
    let_time_pass(2)
    first = enter("a=", user="ada")
    let_time_pass(2)
    second = enter("b=", user="ada")
    assert len(changes(frames)) == 2
    assert lobby.count() == 2

    first.unsubscribe("lobby")
    assert len(changes(frames)) == 2
    let_time_pass(2)
    second.unsubscribe("lobby")

    assert names(changes(frames)[-1]["left"]) == ["ada"]
    assert lobby.count() == 1


def test_a_reload_is_silent(lobby, enter, frames):
    enter("w=", user="watcher")
    let_time_pass(2)
    tab = enter("a=", user="ada")
    seen = len(changes(frames))

    let_time_pass(2)
    WebSocketSession.close_connection("a=", tab.api_gateway.api_id, or_without_api=False)
    let_time_pass(5)
    announce_due()
    enter("b=", user="ada")
    let_time_pass(30)
    announce_due()

    assert len(changes(frames)) == seen


def test_a_crashed_tab_leaves_after_the_grace(lobby, enter, frames):
    enter("w=", user="watcher")
    let_time_pass(2)
    tab = enter("a=", user="ada")
    WebSocketSession.close_connection("a=", tab.api_gateway.api_id, or_without_api=False)
    let_time_pass(10)
    announce_due()
    assert lobby.count() == 2

    let_time_pass(6)
    announce_due()

    assert names(changes(frames)[-1]["left"]) == ["ada"]
    assert lobby.count() == 1


def test_without_a_relay_who_has_left_is_told_when_the_next_one_unsubscribes(lobby, enter, frames):
    for name in ("watcher", "ada", "bob", "eve"):
        enter(f"{name}=", user=name)
        let_time_pass(2)
    WebSocketSession.objects.get(connection_id="ada=").close()
    let_time_pass(16)

    seen = len(changes(frames, "watcher="))
    WebSocketSession.objects.get(connection_id="bob=").close()
    assert len(changes(frames, "watcher=")) == seen
    WebSocketSession.objects.get(connection_id="eve=").unsubscribe("lobby")

    assert names(changes(frames, "watcher=")[-1]["left"]) == ["ada", "eve"]


def test_many_who_come_within_a_second_are_told_in_two_changes(lobby, enter, frames, monkeypatch):
    # On a busy machine they do not come within a second.
    monkeypatch.setattr(presence, "BETWEEN_CHANGES", timedelta(minutes=1))
    enter("w=", user="watcher")
    let_time_pass(61)
    before = len(changes(frames))
    for index in range(200):
        enter(f"{index:03}=", user=f"user{index}")
    let_time_pass(60)
    announce_due()

    told = changes(frames)[before:]
    assert len(told) == 2
    assert sum(len(change["joined"]) for change in told) == 200
    assert [change["version"] for change in told] == [2, 3]


def test_anonymous_browsers_are_members_without_a_name_or_a_secret(lobby, enter, frames):
    enter("w=", user="watcher")
    let_time_pass(2)
    enter("a=", session_key_hash="f" * 64)
    enter("b=", session_key_hash="f" * 64)
    enter("c=")

    assert lobby.count() == 3
    [joined] = changes(frames)[-1]["joined"]
    assert joined["name"] == ""
    assert "f" * 20 not in str(changes(frames))


def test_a_hall_tells_numbers_only(kinds, open_socket, server, frames):
    for index in range(3):
        session = open_socket(f"{index}=", user=f"user{index}")
        session.subscribe("hall-main")
        let_time_pass(2)

    assert changes(frames, "2=")[-1] == {
        "ws": "presence",
        "channel": "hall-main",
        "version": 3,
        "count": 3,
    }
    assert not ChannelMember.objects.exists()


def test_a_room_that_grows_large_is_told_numbers_and_names_again_when_it_shrinks(
    lobby, enter, frames, monkeypatch
):
    monkeypatch.setattr(presence, "MOST_NAMED", 2)
    enter("w=", user="watcher")
    sessions = []
    for index in range(2):
        let_time_pass(2)
        sessions.append(enter(f"{index}=", user=f"user{index}"))
    assert changes(frames)[-1]["count"] == 3
    assert presence.snapshots([lobby]) == {"lobby": {"version": 3, "count": 3}}

    let_time_pass(2)
    sessions[0].unsubscribe("lobby")

    assert names(changes(frames)[-1]["members"]) == ["user1", "watcher"]


def test_a_snapshot_continues_with_the_next_change(lobby, enter, frames):
    enter("w=", user="watcher")

    snapshot = presence.snapshots([lobby])["lobby"]
    let_time_pass(2)
    enter("a=", user="ada")

    assert (snapshot["version"], names(snapshot["members"])) == (1, ["watcher"])
    assert changes(frames)[-1]["version"] == 2


def test_a_ghost_goes_with_the_410_that_finds_it(lobby, enter, frames, server):
    from tests.delivery.recording_server import GONE

    enter("w=", user="watcher")
    let_time_pass(2)
    enter("a=", user="ada")
    server.will_answer("a=", GONE)
    channels.publish("lobby", "hello")
    let_time_pass(16)
    announce_due()

    assert names(changes(frames)[-1]["left"]) == ["ada"]
    before = len(frames("a="))
    channels.publish("lobby", "again")
    assert len(frames("a=")) == before


def test_a_deleted_user_has_left(lobby, enter, frames):
    enter("w=", user="watcher")
    let_time_pass(2)
    enter("a=", user="ada")
    ada = get_user_model().objects.get(username="ada")
    key = f"user:{ada.pk}"
    ada.delete()
    let_time_pass(16)
    announce_due()

    assert [member["id"] for member in changes(frames)[-1]["left"]] == [key]


def test_a_deleted_user_whom_nobody_can_describe_leaves_all_the_same(
    lobby, enter, frames, monkeypatch
):
    monkeypatch.setattr(
        type(lobby), "describe_member", lambda self, user: {"name": user.username}, raising=False
    )
    enter("w=", user="watcher")
    let_time_pass(2)
    enter("a=", user="ada")
    get_user_model().objects.get(username="ada").delete()
    assert presence.snapshots([lobby])["lobby"]["members"][1].keys() == {"id"}
    let_time_pass(16)
    announce_due()

    assert len(changes(frames)[-1]["left"]) == 1


def test_a_channel_that_cannot_be_announced_keeps_no_other_waiting(
    lobby, enter, kinds, open_socket, frames, monkeypatch, caplog
):
    enter("w=", user="watcher")
    hall = open_socket("h=", user="visitor")
    hall.subscribe("hall-a")
    let_time_pass(2)
    ChannelState.objects.update(due_on=timezone.now())

    def fail(self, user):
        raise DatabaseError("nobody can be described")

    monkeypatch.setattr(type(lobby), "describe_member", fail, raising=False)
    ChannelMember.objects.all().delete()
    ChannelState.objects.filter(name="hall-a").update(member_count=7)

    announce_due()

    assert "The members of channel lobby could not be announced." in caplog.text
    assert changes(frames, "h=")[-1]["count"] == 1


def test_the_eight_signals_tell_of_a_visit(lobby, open_socket, server):
    heard = []

    def listener(name):
        def note(sender, **facts):
            facts.pop("signal")
            heard.append((name, facts.get("channel_name", facts.get("session"))))

        return note

    listeners = {
        name: listener(name)
        for name in signals.__all__
        if name not in {"connect_receivers", "connected"}
    }
    for name, note in listeners.items():
        getattr(signals, name).connect(note)
    try:
        session = open_socket("a=", user="ada")
        session.subscribe("lobby")
        let_time_pass(2)
        session.unsubscribe("lobby")
        session.close()
    finally:
        for name, note in listeners.items():
            getattr(signals, name).disconnect(note)

    told = [name for name, _ in heard]
    assert sorted(told) == sorted(
        ["subscribed", "joined", "occupied", "unsubscribed", "left", "vacated", "disconnected"]
    )


def test_a_connection_that_is_closed_twice_is_told_of_once(open_socket, server):
    heard = []

    def note(session, **facts):
        heard.append(session.connection_id)

    signals.disconnected.connect(note)
    try:
        session = open_socket("a=")
        session.close()
        api_id = session.api_gateway.api_id
        assert WebSocketSession.close_connection("a=", api_id, or_without_api=False)
        WebSocketSession.mark_gone(["a="])
    finally:
        signals.disconnected.disconnect(note)

    assert heard == ["a="]


def test_an_error_of_a_listener_is_logged_and_harms_nobody(open_socket, server, caplog):
    def fail(**facts):
        raise LookupError("the listener broke")

    signals.subscribed.connect(fail)
    try:
        assert open_socket("a=").subscribe("news")
    finally:
        signals.subscribed.disconnect(fail)

    assert "the listener broke" in caplog.text


def test_a_change_that_fits_into_no_frame_tells_the_number(lobby, enter, frames):
    enter("w=", user="watcher")
    let_time_pass(2)
    type(lobby).describe_member = lambda self, user: {"about": "x" * 70_000}
    enter("a=", user="ada")
    assert "about" in changes(frames)[-1]["joined"][0]
    enter("b=", user="bob")
    enter("c=", user="cleo")
    let_time_pass(2)
    announce_due()

    assert changes(frames)[-1] == {"ws": "presence", "channel": "lobby", "version": 3, "count": 4}
