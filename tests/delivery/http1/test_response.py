"""Headers are read by hand where they are plain, and as the parser reads them everywhere else."""

import pytest

from django_aws_api_gateway_websockets.delivery.http1.response_reader import (
    AnswerReader,
    MalformedAnswerError,
)

PLAIN = b"HTTP/1.1 200 OK\r\nX-One:1\r\nx-two: \t two words \r\nEmpty:\r\nX-One: again\r\n"


def read(received):
    reader = AnswerReader()
    reader.feed(received)
    [answer] = reader.answers
    return answer


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
    answer = read(received)

    parsed = {
        name.decode("latin-1").lower(): value.decode("latin-1").strip(" \t")
        for name, value in answer.raw_headers
    }
    assert answer.headers == parsed
    assert "x-early" not in answer.headers


@pytest.mark.parametrize(
    "lines", [b"A: b\r\n c\r\n", b"A: b\n", b"A: b\rB: c\r\n", b"A : b\r\n", b"A\r\n"]
)
def test_lines_that_would_have_to_be_read_otherwise_are_refused(lines):
    with pytest.raises(MalformedAnswerError):
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
    reader = AnswerReader()
    reader.expect(len(answers))
    received = b"".join(answers)

    for start in range(0, len(received), size):
        reader.feed(received[start : start + size])

    numbers = [answer.headers["x-number"] for answer in reader.answers]
    assert numbers == [one.rpartition(b"X-Number: ")[2][:1].decode() for one in answers]
    assert [dict(answer.raw_headers)[b"X-Number"].decode() for answer in reader.answers] == numbers
