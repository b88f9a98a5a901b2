import pytest

from django_aws_api_gateway_websockets.management.startwebsocket.names import (
    BadNameError,
    SocketName,
)


@pytest.mark.parametrize(
    ("text", "kind", "view"),
    [
        ("room", "Room", "RoomSocketView"),
        ("chat_room", "ChatRoom", "ChatRoomSocketView"),
        ("room2", "Room2", "Room2SocketView"),
        ("a" * 50, "A" + "a" * 49, "A" + "a" * 49 + "SocketView"),
    ],
)
def test_classes_are_named_after_the_socket(text, kind, view):
    name = SocketName.of(text)

    assert (name.kind, name.view) == (kind, view)


@pytest.mark.parametrize(
    ("text", "better"),
    [
        ("Room", "room"),
        ("ChatRoom", "chat_room"),
        ("chat-room", "chat_room"),
        ("chat room", "chat_room"),
        ("chat__room", "chat_room"),
        ("_room_", "room"),
        ("2nd_room", "nd_room"),
        ("café", "caf"),
        ("../room", "room"),
        ("room\n", "room"),
        ("a" * 51, "a" * 50),
    ],
)
def test_a_name_of_another_form_is_refused_with_one_that_will_do(text, better):
    with pytest.raises(BadNameError) as refused:
        SocketName.of(text)

    assert str(refused.value).endswith(f"; take {better!r}.")
    assert SocketName.of(better)


@pytest.mark.parametrize("text", ["", "-", "7", "é"])
def test_a_name_of_which_nothing_is_left_is_refused_with_an_example(text):
    with pytest.raises(BadNameError, match="such as 'chat_room'"):
        SocketName.of(text)


@pytest.mark.parametrize("text", ["class", "import", "async"])
def test_a_word_of_python_is_no_name(text):
    with pytest.raises(BadNameError, match=f"take {text}_room"):
        SocketName.of(text)


@pytest.mark.parametrize(
    ("text", "there_is"),
    [
        ("channel", "Channel"),
        ("web", "WebSocketView"),
        ("permission_denied", "PermissionDenied"),
        ("test_case", "TestCase"),
        ("exception", "Exception"),
    ],
)
def test_a_name_that_would_hide_a_class_is_refused(text, there_is):
    with pytest.raises(BadNameError, match=f"would make a class {there_is}, "):
        SocketName.of(text)

    assert SocketName.of(f"{text}_room")
