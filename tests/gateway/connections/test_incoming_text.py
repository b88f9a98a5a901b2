import pytest
from websockets.frames import Frame, Opcode

from django_aws_api_gateway_websockets.core.closures import BINARY_REFUSED, MESSAGE_TOO_BIG
from django_aws_api_gateway_websockets.gateway.connections.incoming_text import IncomingText


def text(data, *, fin=True):
    return Frame(Opcode.TEXT, data, fin=fin)


def more(data, *, fin=True):
    return Frame(Opcode.CONT, data, fin=fin)


def test_a_message_in_one_frame_is_ready_at_once():
    incoming = IncomingText()

    assert incoming.take(text("café".encode())) == "café"
    assert not incoming.is_unfinished


def test_a_character_may_be_divided_and_a_ping_may_come_between():
    incoming = IncomingText()

    assert incoming.take(text(b"caf\xc3", fin=False)) is None
    assert incoming.is_unfinished
    assert incoming.take(Frame(Opcode.PING, b"")) is None
    assert incoming.take(more(b"\xa9")) == "café"
    assert not incoming.is_unfinished
    assert incoming.take(text(b"next")) == "next"


def test_a_binary_frame_is_a_reason_to_close():
    assert IncomingText().take(Frame(Opcode.BINARY, b"x")) == BINARY_REFUSED


def test_pieces_without_end_are_a_reason_to_close():
    incoming = IncomingText()
    incoming.take(text(b"", fin=False))

    for _ in range(incoming.max_fragments - 1):
        assert incoming.take(more(b"", fin=False)) is None
    assert incoming.take(more(b"", fin=False)) == MESSAGE_TOO_BIG


@pytest.mark.parametrize(
    "frames",
    [[text(b"\xff")], [text(b"\xff", fin=False)], [text(b"\xc3", fin=False), more(b"")]],
)
def test_text_that_is_not_utf_8_is_refused_as_early_as_possible(frames):
    incoming = IncomingText()
    for frame in frames[:-1]:
        incoming.take(frame)

    with pytest.raises(UnicodeDecodeError):
        incoming.take(frames[-1])


def test_an_unfinished_message_can_be_forgotten():
    incoming = IncomingText()
    incoming.take(text(b"never", fin=False))

    incoming.clear()

    assert not incoming.is_unfinished
    assert incoming.take(text(b"whole")) == "whole"
