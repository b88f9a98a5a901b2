from django_aws_api_gateway_websockets.gateway.events.history import (
    KEPT_CHARACTERS,
    LENGTH,
    Direction,
    History,
)
from django_aws_api_gateway_websockets.gateway.http.messages import HttpResponse, forbidden
from django_aws_api_gateway_websockets.gateway.http.targets import ConnectionTarget
from django_aws_api_gateway_websockets.gateway.journal.entries import CallEntry, RefusalEntry
from django_aws_api_gateway_websockets.gateway.runtime.clock import Clock

REFUSED = RefusalEntry("/nowhere", forbidden(), "192.0.2.1", 5, "request=")


def test_only_what_is_new_is_given_and_no_more_than_is_kept():
    history = History(Clock())
    for _ in range(3):
        history.read(REFUSED)
    seen = history.count
    history.note_frame(["one", "two"], Direction.OUT, b"hello", 5)

    assert [what for _, what in history.since(seen)] == [
        ("one", Direction.OUT, b"hello", 5),
        ("two", Direction.OUT, b"hello", 5),
    ]
    assert list(history.since(history.count)) == []
    for _ in range(LENGTH):
        history.read(REFUSED)
    assert len(list(history.since(0))) == LENGTH


def test_a_long_message_is_kept_in_part_and_with_its_whole_size():
    history = History(Clock())
    history.note_frame(["one"], Direction.IN, "x" * 5000, 5000)

    [(_, (_, _, kept, byte_count))] = history.since(0)
    assert (len(kept), byte_count) == (KEPT_CHARACTERS, 5000)


def test_a_post_that_was_delivered_is_kept_as_its_frames_alone():
    history = History(Clock())
    target = ConnectionTarget("abc", "test", "id==")
    for status in (200, 410):
        history.read(CallEntry("POST", target, HttpResponse(status), 5, 3))

    [(_, entry)] = history.since(0)
    assert entry.response.status == 410
