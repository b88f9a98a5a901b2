"""Headers are read by hand where they are plain, and as the parser reads them everywhere else."""

import pytest

from django_aws_api_gateway_websockets.delivery.answer_reader import (
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
