import pytest
from django.core.exceptions import ImproperlyConfigured

from django_aws_api_gateway_websockets import channels
from django_aws_api_gateway_websockets.channels import Channel, History
from django_aws_api_gateway_websockets.channels.membership import may_subscribe
from django_aws_api_gateway_websockets.channels.registry import declared_channel

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]


def test_a_name_leads_to_its_kind_with_the_values_as_attributes(kinds):
    room = channels.channel("room-7")

    assert type(room) is kinds.Room
    assert (room.pk, room.name, str(room)) == (7, "room-7", "room-7")


def test_a_name_no_pattern_matches_is_a_live_channel(kinds):
    live = channels.channel("anything")

    assert live.name == "anything"
    assert declared_channel("anything") is None


@pytest.mark.parametrize("name", ["", " a", "a ", "a\n", "x" * 129, 7, None])
def test_an_invalid_name_cannot_be_declared(name):
    with pytest.raises(ValueError, match="name"):
        channels.channel(name)


def test_a_channel_that_says_nothing_admits_nobody(kinds, admin_user):
    name = "secret-5f8b1f7e-3f5c-4c8b-9f3c-2a1d3e4f5a6b"

    assert may_subscribe(admin_user, name, None) is False
    assert may_subscribe(None, name, None) is False


def test_history_is_refused_in_words():
    with pytest.raises(ImproperlyConfigured, match=r"Log\.history: channels have no history yet"):

        class Log(Channel):
            pattern = "log-<int:pk>"
            history = History()

    assert declared_channel("log-1") is None


def test_a_presence_that_is_none_is_refused_in_words():
    with pytest.raises(ImproperlyConfigured, match="presence is 'yes'"):

        class Log(Channel):
            pattern = "log-<int:pk>"
            presence = "yes"


def test_a_key_is_refused_where_nobody_knows_what_was_published(kinds):
    with pytest.raises(ValueError, match="no history"):
        channels.publish("board-a", {}, key="once")


def test_a_kind_that_is_loaded_anew_takes_its_own_place(kinds):
    first = type("Board", (kinds.Board,), {"pattern": "x-<int:pk>", "__module__": "app.channels"})
    second = type("Board", (kinds.Board,), {"pattern": "y-<int:pk>", "__module__": "app.channels"})

    assert declared_channel("x-1") is None
    assert type(declared_channel("y-1")) is second
    from django_aws_api_gateway_websockets.channels.registry import unregister

    unregister(first)
    assert declared_channel("y-1") is None


@pytest.mark.parametrize("parameter", ["name", "pattern", "publish", "presence"])
def test_a_parameter_may_not_take_the_name_of_what_every_channel_has(parameter):
    with pytest.raises(ImproperlyConfigured, match=f"has a parameter {parameter}; every channel"):
        type("Log", (Channel,), {"pattern": f"log-<slug:{parameter}>"})

    assert declared_channel("log-1") is None


def test_another_way_to_write_a_value_is_another_name(kinds):
    assert declared_channel("room-7").pk == 7
    assert declared_channel("room-007") is None


def test_a_misspelt_pattern_is_named():
    with pytest.raises(ImproperlyConfigured, match="did you mean that by 'patterns'"):
        type("Typo", (Channel,), {"patterns": "a-<int:pk>"})


def test_a_channel_in_place_of_its_name_is_refused_with_the_name(kinds, open_socket):
    for act in (
        lambda: channels.publish(kinds.Room(pk=7), 1),
        lambda: channels.channel(kinds.Room(pk=7)),
    ):
        with pytest.raises(ValueError, match="is a channel: give its name, 'room-7'"):
            act()
