"""Lines that are typed, and what each of them asks for."""

import pytest

from django_aws_api_gateway_websockets.management.terminal.exchange import Exchange, Kind
from django_aws_api_gateway_websockets.management.terminal.lines import (
    HELP,
    Order,
    Problem,
    Request,
    Text,
    Word,
    read_line,
)

DEEP = "{" + '"a":{' * 100_000


@pytest.mark.parametrize(
    ("typed", "asked"),
    [
        ("", None),
        ("  \r", None),
        ('{"a": 1}', Text('{"a": 1}', {"a": 1})),
        ('/request save {"title": "x"}', Request("save", {"title": "x"})),
        ("/request save", Request("save", {})),
        ("/subscribe a b", Order(Word.SUBSCRIBE, ("a", "b"))),
        ("/unsubscribe a", Order(Word.UNSUBSCRIBE, ("a",))),
        ("/ping", Order(Word.PING)),
        ("/close", Order(Word.CLOSE)),
        ("/help", Order(Word.HELP)),
    ],
)
def test_a_line_asks_for_one_thing(typed, asked):
    assert read_line(typed) == asked


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("hello", "Not sent: a line is a JSON object"),
        ("[1]", "Not sent: a line is a JSON object"),
        ("{broken", "Not sent: it is no JSON"),
        (DEEP, "Not sent: the JSON is nested too deep."),
        ("/request", "Not sent: write /request HANDLER"),
        ('/request {"a": 1}', "Not sent: write /request HANDLER"),
        ("/request save [1]", "Not sent: it is JSON, and no object."),
        ('{"a": NaN}', "Not sent: it is no JSON (NaN is no value of JSON)."),
        ('/request save {"a": [-Infinity]}', "Not sent: it is no JSON (-Infinity is no value"),
        ('/request save {"a": 1e999}', "Not sent: it has a number that is too large."),
        (r'/request save {"a": "\ud800"}', "Not sent: it has half a character (U+D800)"),
        ("/subscribe a\udcff", "Not sent: it has half a character (U+DCFF)"),
        ("/subscribe", "Not sent: write /subscribe NAME."),
        ("/subscribr a", "There is no /subscribr. Did you mean /subscribe?"),
        ("/quux", "There is no /quux. /help names those there are."),
    ],
)
def test_a_line_nobody_can_carry_out_is_explained(typed, said):
    line = read_line(typed)

    assert isinstance(line, Problem)
    assert line.text.startswith(said)


def test_the_help_has_each_word():
    assert all(f"/{word}" in HELP for word in Word)


def test_a_typed_object_goes_out_as_it_stands_and_its_id_finds_the_reply():
    exchange = Exchange("action", {})
    frame = exchange.frame_of(read_line('{"id":  "x", "action":"save"}'))

    exchange.note_sent(frame)
    received = exchange.receive('{"ws": "reply", "id": "x", "ok": true}')

    assert (frame.text, frame.kind) == ('{"id":  "x", "action":"save"}', Kind.OWN)
    assert received.reply_to is frame
    assert not exchange.pending


def test_a_request_uses_the_key_of_the_view_and_keeps_an_id_of_the_persons_own():
    exchange = Exchange("handler", {})

    plain = exchange.frame_of(Request("save", {"title": "x"}))
    own = exchange.frame_of(Request("save", {"id": "mine"}))

    assert plain.text == f'{{"handler": "save", "id": "{plain.id}", "title": "x"}}'
    assert own.id == "mine"


@pytest.mark.parametrize(
    "text",
    [
        "no JSON",
        "[1]",
        "null",
        "1",
        DEEP,
        '{"ws": "reply", "id": NaN}',
        '{"ws": "reply", "id": [1]}',
    ],
)
def test_frames_of_any_form_are_survived(text):
    assert Exchange("action", {}).receive(text).reply_to is None


def test_an_id_that_a_person_types_is_never_one_of_ours():
    exchange = Exchange("action", {})
    own = exchange.frame_of(read_line('{"action": "save", "id": "1"}'))
    ours = exchange.frame_of(Order(Word.SUBSCRIBE, ("room",)))

    exchange.note_sent(own)
    exchange.note_sent(ours)

    assert exchange.receive('{"ws": "reply", "id": "1", "ok": true}').reply_to is own
    assert list(exchange.pending) == [ours.id]
    assert Exchange("action", {}).frame_of(Order(Word.PING)).id != ours.id
