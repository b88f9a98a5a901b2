"""An HTTP response, whose headers are read only when somebody asks for them.

A broadcast looks at the status of nearly every answer and at nothing else, and reading the headers
of all of them would be a tenth of what a post costs.
"""

from contextlib import suppress
from functools import lru_cache
from itertools import takewhile
from typing import Final, NamedTuple

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

__all__ = ["FIRST_FINAL_STATUS", "Answer", "read_headers"]

FIRST_FINAL_STATUS: Final = 200
"""What is below is interim, and the answer that counts follows (RFC 9110, section 15.2)."""

AT_ONCE_HEADER: Final = "x-requests-at-once"

_NUMBERS_AT_ONCE: Final = frozenset(map(str, range(1, 129)))

_FINAL: Final = ("HTTP/1.1 2", "HTTP/1.1 3", "HTTP/1.1 4", "HTTP/1.1 5")


class Answer(NamedTuple):
    """An HTTP response, as it came."""

    status: int
    received: bytes
    """Everything that came for its batch, up to and beyond its headers."""
    body: bytes = b""
    position: int = 0
    """How many answers came before it for the same batch."""

    @property
    def raw_headers(self) -> list[tuple[bytes, bytes]]:
        """Headers in their order and spelling."""
        return read_headers(self.received)[self.position]

    @property
    def takes_at_once(self) -> int:
        """How many requests the server reads from this connection without waiting; 1 for most.

        Whoever sends several POSTs in a row without waiting for their answers has to know that the
        server is made for it (RFC 9112, section 9.3.2), so the gateway of this package says so.
        API Gateway says nothing of the kind.
        """
        number = self.headers.get(AT_ONCE_HEADER, "1")
        return int(number) if number in _NUMBERS_AT_ONCE else 1

    @property
    def headers(self) -> dict[str, str]:
        """Headers by lower-case name, as `ResponseMetadata` of boto3 has them."""
        heads = _plain_heads(self.received)
        if self.position < len(heads):
            # `send_message` reads those of every answer, and the parser, which has been through
            # them, takes no folded lines and no other ends of lines.
            pairs = [line.partition(":") for line in heads[self.position].split("\r\n")[1:]]
            return {name.lower(): value.strip(" \t") for name, _, value in pairs}
        return {
            name.decode("latin-1").lower(): value.decode("latin-1").strip(" \t")
            for name, value in self.raw_headers
        }


@lru_cache(maxsize=1)
def _plain_heads(received: bytes) -> list[str]:
    """The heads of the final answers up to the first that is interim or that a body precedes."""
    *heads, _ = received.decode("latin-1").split("\r\n\r\n")
    return list(takewhile(lambda head: head.startswith(_FINAL), heads))


@lru_cache(maxsize=1)
def read_headers(received: bytes) -> list[list[tuple[bytes, bytes]]]:
    """The headers of each final response in what came over a connection, also of an unended one."""
    collector = _HeaderCollector()
    # What can follow a whole answer was for `AnswerReader` to judge.
    with suppress(HttpParserError, HttpParserUpgrade):
        collector.parser.feed_data(received)
    return collector.responses


class _HeaderCollector:
    def __init__(self) -> None:
        self.responses: list[list[tuple[bytes, bytes]]] = []
        self.parser = HttpResponseParser(self)

    def on_message_begin(self) -> None:
        self.responses.append([])

    def on_message_complete(self) -> None:
        if self.parser.get_status_code() < FIRST_FINAL_STATUS:
            self.responses.pop()

    def on_header(self, name: bytes, value: bytes) -> None:
        self.responses[-1].append((name, value))
