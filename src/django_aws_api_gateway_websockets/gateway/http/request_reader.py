"""A reader that turns bytes into HTTP/1.1 requests, within limits.

`httptools` parses; the limits stop clients that send more than a normal request. The time is
linear in the bytes received.
"""

import re
from typing import Final

import httptools

from ...core.handshake import has_unsafe_value
from .messages import HttpRequest

__all__ = ["BadRequestError", "RequestReader"]

MAX_HEADERS: Final = 100
MAX_LINE_BYTES: Final = 8 * 1024
MAX_HEAD_BYTES: Final = 32 * 1024
MAX_BODY_BYTES: Final = 1024 * 1024
"""Bytes of a body; no request of the APIs here needs more."""
MAX_DISCARDED_BYTES: Final = 16 * 1024 * 1024
"""Bytes of a larger body that are read and thrown away to keep the connection usable."""

_TOO_LARGE: Final = 431

_ABSOLUTE_FORM: Final = re.compile(
    r"(?:https?|wss?)://(?P<authority>[^/?#@]+)(?P<rest>[/?].*)?", re.IGNORECASE | re.DOTALL
)


class BadRequestError(Exception):
    """Error for bytes that are no request this server accepts.

    Args:
        status: the HTTP status of the response.
    """

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


def in_origin_form(
    target: str, headers: tuple[tuple[str, str], ...]
) -> tuple[str, tuple[tuple[str, str], ...]]:
    """Return a target that may be a whole URL as path and query, and the headers that go with it.

    "A server MUST accept the absolute-form", and its host counts, not that of the Host header
    (RFC 9112, section 3.2.2). Clients send it when they take the gateway for a proxy.
    """
    found = None if target.startswith("/") else _ABSOLUTE_FORM.fullmatch(target)
    if found is None:
        return target, headers
    rest = found["rest"] or "/"
    host = found["authority"]
    return (
        rest if rest[0] == "/" else f"/{rest}",
        tuple((name, host if name.lower() == "host" else value) for name, value in headers),
    )


class RequestReader:
    """Reader of the requests of one connection; the parser calls the methods named `on_*`.

    Args:
        peer: address of the sender.
    """

    def __init__(self, peer: str = "") -> None:
        self._peer = peer
        self._parser = httptools.HttpRequestParser(self)
        self._finished: list[HttpRequest] = []
        self._start_over()

    def feed(self, data: bytes) -> tuple[list[HttpRequest], bytes]:
        """Parse bytes; return the requests they complete, and the bytes after an upgrade.

        After a request that `is_upgrade`, no more bytes may be fed.

        Raises:
            BadRequestError: no further request can be read; respond and close the connection.
        """
        rest = b""
        was_in_head = self._in_head
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            rest = data[upgrade.args[0] :]
        except httptools.HttpParserCallbackError as error:
            if isinstance(error.__context__, BadRequestError):
                raise error.__context__ from None
            raise
        except httptools.HttpParserError as error:
            raise BadRequestError(400, str(error)) from error
        if was_in_head and self._in_head and not self._finished:
            # A header that never ends reaches no callback, so its bytes are counted here.
            self._fed_head_bytes += len(data)
            if self._fed_head_bytes > MAX_HEAD_BYTES:
                raise BadRequestError(_TOO_LARGE, "the headers are too long")
        finished, self._finished = self._finished, []
        return finished, rest

    @property
    def is_mid_request(self) -> bool:
        """Tell whether a request has begun and not ended."""
        return self._has_begun

    def on_message_begin(self) -> None:
        self._in_head = True
        self._has_begun = True

    def on_url(self, url: bytes) -> None:
        self._target += url
        if len(self._target) > MAX_LINE_BYTES:
            raise BadRequestError(414, "the URL is too long")

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self._in_head:
            raise BadRequestError(400, "headers after the body are not taken")
        byte_count = len(name) + len(value)
        self._head_bytes += byte_count + 4
        is_too_long = byte_count > MAX_LINE_BYTES or self._head_bytes > MAX_HEAD_BYTES
        if is_too_long or len(self._headers) >= MAX_HEADERS:
            raise BadRequestError(_TOO_LARGE, "there are too many headers, or too long ones")
        self._headers.append((name.decode("latin-1"), value.decode("latin-1")))

    def on_headers_complete(self) -> None:
        self._in_head = False
        names = [name.lower() for name, _ in self._headers]
        if names.count("host") != 1:
            raise BadRequestError(400, "exactly one Host header is needed (RFC 9112, section 3.2)")
        if has_unsafe_value(self._headers):
            raise BadRequestError(400, "a header has a control character in it")
        self._is_upgrade = self._parser.should_upgrade()
        if self._is_upgrade and self._announces_body():
            raise BadRequestError(400, "an upgrade cannot have a body")

    def on_body(self, body: bytes) -> None:
        self._body_bytes += len(body)
        if self._body_bytes <= MAX_BODY_BYTES:
            self._body.append(body)
        elif self._body_bytes > MAX_DISCARDED_BYTES:
            raise BadRequestError(413, "the body is too long")

    def on_message_complete(self) -> None:
        is_too_large = self._body_bytes > MAX_BODY_BYTES
        target, headers = in_origin_form(self._target.decode("latin-1"), tuple(self._headers))
        self._finished.append(
            HttpRequest(
                method=self._parser.get_method().decode("ascii"),
                target=target,
                headers=headers,
                body=b"" if is_too_large else b"".join(self._body),
                keep_alive=self._parser.should_keep_alive(),
                is_upgrade=self._is_upgrade,
                is_too_large=is_too_large,
                peer=self._peer,
            )
        )
        self._start_over()

    def _start_over(self) -> None:
        self._target = b""
        self._headers: list[tuple[str, str]] = []
        self._body: list[bytes] = []
        self._head_bytes = 0
        self._body_bytes = 0
        self._fed_head_bytes = 0
        self._in_head = False
        self._has_begun = False
        self._is_upgrade = False

    def _announces_body(self) -> bool:
        return any(
            name.lower() == "transfer-encoding"
            or (name.lower() == "content-length" and value.strip() != "0")
            for name, value in self._headers
        )
