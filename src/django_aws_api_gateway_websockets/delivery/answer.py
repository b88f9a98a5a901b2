"""An HTTP response, whose headers are read only when somebody asks for them.

A broadcast looks at the status of nearly every answer and at nothing else, and reading the headers
of all of them would be a tenth of what a post costs.
"""

from contextlib import suppress
from typing import Final, NamedTuple

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

__all__ = ["FIRST_FINAL_STATUS", "Answer", "read_headers"]

FIRST_FINAL_STATUS: Final = 200
"""What is below is interim, and the answer that counts follows (RFC 9110, section 15.2)."""

_FINAL: Final = (b"HTTP/1.1 2", b"HTTP/1.1 3", b"HTTP/1.1 4", b"HTTP/1.1 5")


class Answer(NamedTuple):
    """An HTTP response, as it came."""

    status: int
    received: bytes
    """Everything that came for it, up to and beyond its headers."""
    body: bytes = b""

    @property
    def raw_headers(self) -> list[tuple[bytes, bytes]]:
        """Headers in their order and spelling."""
        return read_headers(self.received)

    @property
    def headers(self) -> dict[str, str]:
        """Headers by lower-case name, as `ResponseMetadata` of boto3 has them."""
        head, found, _ = self.received.partition(b"\r\n\r\n")
        if found and head.startswith(_FINAL):
            # `send_message` reads those of every answer, and the parser, which has been through
            # them, takes no folded lines and no other ends of lines.
            pairs = [line.partition(":") for line in head.decode("latin-1").split("\r\n")[1:]]
            return {name.lower(): value.strip(" \t") for name, _, value in pairs}
        return {
            name.decode("latin-1").lower(): value.decode("latin-1").strip(" \t")
            for name, value in self.raw_headers
        }


def read_headers(received: bytes) -> list[tuple[bytes, bytes]]:
    """The headers of the first final response in what came over a connection."""
    collector = _HeaderCollector()
    # What can follow a whole answer was for `AnswerReader` to judge.
    with suppress(HttpParserError, HttpParserUpgrade):
        collector.parser.feed_data(received)
    return collector.headers


class _HeaderCollector:
    def __init__(self) -> None:
        self.headers: list[tuple[bytes, bytes]] = []
        self._is_whole = False
        self.parser = HttpResponseParser(self)

    def on_message_begin(self) -> None:
        if self._is_whole:
            raise ValueError("a second answer")
        self.headers.clear()

    def on_message_complete(self) -> None:
        self._is_whole = self.parser.get_status_code() >= FIRST_FINAL_STATUS

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name, value))
