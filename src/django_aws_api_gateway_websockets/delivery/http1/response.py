"""HTTP/1.1 responses: read off a connection with the parser of httptools, looked into later.

A broadcast looks at the status of nearly every response and at nothing else, and reading the
headers of all of them would be a tenth of what a post costs. So they are read when they are asked
for.
"""

from contextlib import suppress
from functools import lru_cache
from itertools import takewhile
from typing import Final, NamedTuple

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

__all__ = ["MalformedResponseError", "Response", "ResponseReader"]

FIRST_FINAL_STATUS: Final = 200
"""Lowest status of a final response; an interim one comes before it (RFC 9110, section 15.2)."""

MAX_RESPONSE_BYTES: Final = 1024 * 1024
"""Largest response that is read; those of API Gateway are far smaller."""

_FINAL: Final = ("HTTP/1.1 2", "HTTP/1.1 3", "HTTP/1.1 4", "HTTP/1.1 5")


class MalformedResponseError(Exception):
    """Something came back that is not an HTTP/1.1 response."""


class Response(NamedTuple):
    """An HTTP response, as it came."""

    status: int
    received: bytes
    """Bytes that came over the connection for its requests, up to and beyond its headers."""
    body: bytes = b""
    position: int = 0
    """Number of responses in `received` before this one."""

    @property
    def raw_headers(self) -> list[tuple[bytes, bytes]]:
        """Headers in their order and spelling."""
        return _read_headers(self.received)[self.position]

    @property
    def headers(self) -> dict[str, str]:
        """Headers by lower-case name, as `ResponseMetadata` of boto3 has them."""
        heads = _plain_heads(self.received)
        if self.position < len(heads):
            # `send_message` reads those of every response, and the parser, which has been through
            # them, takes no folded lines and no other ends of lines.
            pairs = [line.partition(":") for line in heads[self.position].split("\r\n")[1:]]
            return {name.lower(): value.strip(" \t") for name, _, value in pairs}
        return {
            name.decode("latin-1").lower(): value.decode("latin-1").strip(" \t")
            for name, value in self.raw_headers
        }


class ResponseReader:
    """Collects the responses to the requests of a connection.

    The `on_` methods are called by the parser.
    """

    __slots__ = (
        "_body",
        "_parser",
        "_received",
        "keeps_alive",
        "missing",
        "responses",
        "status",
    )

    def __init__(self) -> None:
        self._parser = HttpResponseParser(self)
        self.keeps_alive = False
        """True when the server takes another request after the response that is complete."""
        self.expect()

    def expect(self, responses: int = 1) -> None:
        """Forget the last responses and wait for the next."""
        self.responses: list[Response] = []
        self.missing = responses
        """Number of responses that are not whole yet."""
        self.status = 0
        """Status of the present response; 0 until its headers are complete."""
        self._received = b""
        self._body = b""

    def feed(self, data: bytes) -> None:
        """Take what arrived; `responses` grows by those that are whole.

        Raises:
            MalformedResponseError: it is not HTTP, or too long.
        """
        self._received += data
        if len(self._received) > MAX_RESPONSE_BYTES:
            raise MalformedResponseError(f"the answer is longer than {MAX_RESPONSE_BYTES} bytes")
        try:
            self._parser.feed_data(data)
        except (HttpParserError, HttpParserUpgrade) as error:
            if not self.missing:
                # Bytes after the last response spoil the connection, not the response.
                self.keeps_alive = False
                return
            raise MalformedResponseError(f"the answer is not HTTP ({error})") from error

    def end(self) -> bool:
        """Take the end of the connection, and tell whether that completes the responses.

        It does where nothing else marks the end of the body. Source: RFC 9112, section 6.3, rule 8.
        """
        if self.status and self.missing:
            headers = _read_headers(self._received)[len(self.responses)]
            names = {name.lower() for name, _ in headers}
            if names.isdisjoint({b"content-length", b"transfer-encoding"}):
                self.on_message_complete()
                self.keeps_alive = False
        return not self.missing

    def on_message_begin(self) -> None:
        if not self.missing:
            raise MalformedResponseError("a second answer came to one request")

    def on_headers_complete(self) -> None:
        self.status = self._parser.get_status_code()

    def on_body(self, body: bytes) -> None:
        self._body += body

    def on_message_complete(self) -> None:
        if self.status >= FIRST_FINAL_STATUS:
            # The parser knows this only until it returns from here.
            self.keeps_alive = self._parser.should_keep_alive()
            self.responses.append(
                Response(self.status, self._received, self._body, len(self.responses))
            )
            self.missing -= 1
        self.status = 0
        self._body = b""


@lru_cache(maxsize=1)
def _plain_heads(received: bytes) -> list[str]:
    """Return the heads of final responses up to the first that is interim or follows a body."""
    *heads, _ = received.decode("latin-1").split("\r\n\r\n")
    return list(takewhile(lambda head: head.startswith(_FINAL), heads))


@lru_cache(maxsize=1)
def _read_headers(received: bytes) -> list[list[tuple[bytes, bytes]]]:
    """Return the headers of each final response, also of one that is not complete."""
    collector = _HeaderCollector()
    # `ResponseReader` has judged whatever follows a whole response.
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
