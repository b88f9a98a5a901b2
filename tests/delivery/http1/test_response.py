"""Responses in pieces of any size; their headers are those the parser finds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from django_aws_api_gateway_websockets.delivery.http1.response import (
    MalformedResponseError,
    ResponseReader,
)

LENGTH = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 4\r\nx-amzn-ErrorType: A\r\n\r\nbody"
CHUNKED = (
    b"HTTP/1.1 403 Forbidden\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nbo\r\n2\r\ndy\r\n0\r\n\r\n"
)
EMPTY = b"HTTP/1.1 204 No Content\r\nContent-Type: application/json\r\n\r\n"
UNTIL_END = b"HTTP/1.1 403 Forbidden\r\nX: y\r\n\r\nbody"
PLAIN = b"HTTP/1.1 200 OK\r\nX-One:1\r\nx-two: \t two words \r\nEmpty:\r\nX-One: again\r\n"


def read(data):
    reader = ResponseReader()
    reader.feed(data)
    return reader


@pytest.mark.parametrize(
    ("data", "status", "body"), [(LENGTH, 403, b"body"), (CHUNKED, 403, b"body"), (EMPTY, 204, b"")]
)
@given(data_source=st.data())
def test_an_answer_is_read_however_it_is_cut(data, status, body, data_source):
    cuts = sorted(data_source.draw(st.sets(st.integers(1, len(data) - 1))))
    reader = ResponseReader()

    for start, end in zip([0, *cuts], [*cuts, len(data)], strict=True):
        assert not reader.responses
        reader.feed(data[start:end])

    assert (reader.responses[0].status, reader.responses[0].body) == (status, body)
    assert reader.keeps_alive


def test_headers_keep_their_order_and_spelling():
    assert read(LENGTH).responses[0].raw_headers == [
        (b"Content-Length", b"4"),
        (b"x-amzn-ErrorType", b"A"),
    ]


def test_a_reader_reads_one_answer_after_the_other():
    reader = read(LENGTH)

    reader.expect()
    reader.feed(EMPTY)

    assert (reader.responses[0].status, reader.responses[0].body) == (204, b"")


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n",
    ],
)
def test_a_connection_that_will_be_closed_is_not_kept(head):
    reader = read(head)

    assert reader.responses[0].status == 200
    assert not reader.keeps_alive


def test_interim_answers_are_passed_over():
    reader = read(
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + LENGTH
    )

    assert reader.responses[0].status == 403
    assert (b"Link", b"x") not in reader.responses[0].raw_headers


def test_the_end_of_the_connection_completes_a_body_without_length():
    reader = read(UNTIL_END)
    assert not reader.responses

    assert reader.end()
    assert reader.responses[0].body == b"body"
    assert not reader.keeps_alive


@pytest.mark.parametrize("data", [b"", LENGTH[:20], LENGTH[:-1], CHUNKED[:-1]])
def test_the_end_of_the_connection_does_not_complete_anything_else(data):
    reader = read(data) if data else ResponseReader()

    assert not reader.end()
    assert not reader.responses


@pytest.mark.parametrize("more", [LENGTH, b"junk", b"\0"])
def test_bytes_after_a_response_spoil_the_connection_only(more):
    reader = read(LENGTH + more)

    assert reader.responses[0].body == b"body"
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
def test_bytes_that_are_no_http_response_are_refused(data):
    with pytest.raises(MalformedResponseError, match="not HTTP"):
        read(data)


def test_an_answer_has_a_largest_size():
    reader = read(b"HTTP/1.1 200 OK\r\nContent-Length: 2000000\r\n\r\n")
    reader.feed(b"x" * 1_000_000)

    with pytest.raises(MalformedResponseError, match="longer than 1048576 bytes"):
        reader.feed(b"x" * 100_000)


@pytest.mark.parametrize(
    "received",
    [
        PLAIN + b"Content-Length: 0\r\n\r\n",
        PLAIN + b"Content-Length: 11\r\n\r\nX-Body: not",
        PLAIN + b"Link: <https://example.com/?a=b:c>\r\nContent-Length: 0\r\n\r\n",
        PLAIN + b"Cafe: na\xefve\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 103 Early Hints\r\nX-Early: yes\r\n\r\n" + PLAIN + b"Content-Length: 0\r\n\r\n",
        b"HTTP/1.0 410 Gone\r\nx-amzn-ErrorType: GoneException\r\nContent-Length: 0\r\n\r\n",
    ],
)
def test_headers_are_those_the_parser_finds(received):
    [response] = read(received).responses

    parsed = {
        name.decode("latin-1").lower(): value.decode("latin-1").strip(" \t")
        for name, value in response.raw_headers
    }
    assert response.headers == parsed
    assert "x-early" not in response.headers


@pytest.mark.parametrize(
    "lines", [b"A: b\r\n c\r\n", b"A: b\n", b"A: b\rB: c\r\n", b"A : b\r\n", b"A\r\n"]
)
def test_lines_that_would_have_to_be_read_otherwise_are_refused(lines):
    with pytest.raises(MalformedResponseError):
        read(b"HTTP/1.1 200 OK\r\n" + lines + b"Content-Length: 0\r\n\r\n")


ONE = b"HTTP/1.1 200 OK\r\nX-Number: 1\r\nContent-Length: 0\r\n\r\n"
TWO = b"HTTP/1.1 410 Gone\r\nX-Number: 2\r\nContent-Length: 4\r\n\r\nbody"
THREE = b"HTTP/1.1 200 OK\r\nX-Number: 3\r\nContent-Length: 0\r\n\r\n"
EARLY = b"HTTP/1.1 103 Early Hints\r\nX-Number: early\r\n\r\n"
SPLIT = b"HTTP/1.1 200 OK\r\nX-Number: 4\r\nContent-Length: 8\r\n\r\n" + b"\r\n\r\n" * 2


@pytest.mark.parametrize("size", [1, 7, 50, 10_000])
@pytest.mark.parametrize(
    "answers", [(ONE, THREE), (ONE, TWO, THREE), (EARLY + ONE, THREE, TWO), (SPLIT, ONE, SPLIT)]
)
def test_each_answer_of_a_batch_has_its_own_headers(answers, size):
    reader = ResponseReader()
    reader.expect(len(answers))
    received = b"".join(answers)

    for start in range(0, len(received), size):
        reader.feed(received[start : start + size])

    numbers = [answer.headers["x-number"] for answer in reader.responses]
    assert numbers == [one.rpartition(b"X-Number: ")[2][:1].decode() for one in answers]
    assert [
        dict(answer.raw_headers)[b"X-Number"].decode() for answer in reader.responses
    ] == numbers
