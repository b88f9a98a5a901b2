"""Responses as they may come, in pieces of any size."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from django_aws_api_gateway_websockets.delivery.http1.response_reader import (
    AnswerReader,
    MalformedAnswerError,
)

LENGTH = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 4\r\nx-amzn-ErrorType: A\r\n\r\nbody"
CHUNKED = (
    b"HTTP/1.1 403 Forbidden\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nbo\r\n2\r\ndy\r\n0\r\n\r\n"
)
EMPTY = b"HTTP/1.1 204 No Content\r\nContent-Type: application/json\r\n\r\n"
UNTIL_END = b"HTTP/1.1 403 Forbidden\r\nX: y\r\n\r\nbody"


def read(data):
    reader = AnswerReader()
    reader.feed(data)
    return reader


@pytest.mark.parametrize(
    ("data", "status", "body"), [(LENGTH, 403, b"body"), (CHUNKED, 403, b"body"), (EMPTY, 204, b"")]
)
@given(data_source=st.data())
def test_an_answer_is_read_however_it_is_cut(data, status, body, data_source):
    cuts = sorted(data_source.draw(st.sets(st.integers(1, len(data) - 1))))
    reader = AnswerReader()

    for start, end in zip([0, *cuts], [*cuts, len(data)], strict=True):
        assert not reader.answers
        reader.feed(data[start:end])

    assert (reader.answers[0].status, reader.answers[0].body) == (status, body)
    assert reader.keeps_alive


def test_headers_keep_their_order_and_spelling():
    assert read(LENGTH).answers[0].raw_headers == [
        (b"Content-Length", b"4"),
        (b"x-amzn-ErrorType", b"A"),
    ]


def test_a_reader_reads_one_answer_after_the_other():
    reader = read(LENGTH)

    reader.expect()
    reader.feed(EMPTY)

    assert (reader.answers[0].status, reader.answers[0].body) == (204, b"")


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n",
    ],
)
def test_a_connection_that_will_be_closed_is_not_kept(head):
    reader = read(head)

    assert reader.answers[0].status == 200
    assert not reader.keeps_alive


def test_interim_answers_are_passed_over():
    reader = read(
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + LENGTH
    )

    assert reader.answers[0].status == 403
    assert (b"Link", b"x") not in reader.answers[0].raw_headers


def test_the_end_of_the_connection_completes_a_body_without_length():
    reader = read(UNTIL_END)
    assert not reader.answers

    assert reader.end()
    assert reader.answers[0].body == b"body"
    assert not reader.keeps_alive


@pytest.mark.parametrize("data", [b"", LENGTH[:20], LENGTH[:-1], CHUNKED[:-1]])
def test_the_end_of_the_connection_does_not_complete_anything_else(data):
    reader = read(data) if data else AnswerReader()

    assert not reader.end()
    assert not reader.answers


@pytest.mark.parametrize("more", [LENGTH, b"junk", b"\0"])
def test_what_follows_an_answer_spoils_the_connection_only(more):
    reader = read(LENGTH + more)

    assert reader.answers[0].body == b"body"
    assert not reader.keeps_alive


@pytest.mark.parametrize(
    "data",
    [
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/1.1 abc\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n",
    ],
)
def test_what_is_not_an_answer_is_refused(data):
    with pytest.raises(MalformedAnswerError, match="not HTTP"):
        read(data)


def test_an_answer_has_a_largest_size():
    reader = read(b"HTTP/1.1 200 OK\r\nContent-Length: 2000000\r\n\r\n")
    reader.feed(b"x" * 1_000_000)

    with pytest.raises(MalformedAnswerError, match="longer than 1048576 bytes"):
        reader.feed(b"x" * 100_000)
