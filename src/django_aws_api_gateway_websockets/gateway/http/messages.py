"""HTTP/1.1 requests and responses as values."""

import json
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qsl

from ...core.authority import read_authority

__all__ = [
    "HttpRequest",
    "HttpResponse",
    "HttpStream",
    "forbidden",
    "host_name",
    "json_response",
    "no_such_method",
]

JSON_TYPE: Final = ("Content-Type", "application/json")


# Requests and responses are named tuples, not frozen dataclasses: made for every post, they take
# half of the time to make.
class HttpRequest(NamedTuple):
    """A request as it came over the wire, text read as ISO-8859-1."""

    method: str
    target: str
    """Path and query, nothing decoded."""
    headers: tuple[tuple[str, str], ...]
    """Names in the case they came in."""
    body: bytes = b""
    keep_alive: bool = True
    is_upgrade: bool = False
    """True if the client asks for the WebSocket protocol."""
    is_too_large: bool = False
    """True if the body was above every limit and was thrown away."""
    peer: str = ""
    """Address of the sender, if it is known."""

    def __repr__(self) -> str:
        # Query, headers and body may hold secrets.
        return f"HttpRequest({self.method} {self.path!r})"

    @property
    def path(self) -> str:
        """Return the target up to its question mark."""
        return self.target.partition("?")[0]

    @property
    def raw_query(self) -> str:
        """Return the target after its question mark."""
        return self.target.partition("?")[2]

    @property
    def query(self) -> tuple[tuple[str, str], ...]:
        """Return the decoded pairs of the query."""
        return tuple(parse_qsl(self.raw_query, keep_blank_values=True))

    def header(self, name: str) -> str | None:
        """Return the first value of a header, which is named in lower case."""
        for key, value in self.headers:
            if key.lower() == name:
                return value
        return None


class HttpResponse(NamedTuple):
    """A response to write."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    """Headers except Date, Connection and Content-Length."""
    body: bytes = b""

    def serialise(self, *, keep_alive: bool) -> bytes:
        """Return the response as bytes."""
        head = _status_line_and_date(self.status, int(time.time()))
        for name, value in self.headers:
            head += f"{name}: {value}\r\n"
        head += "Connection: keep-alive\r\n" if keep_alive else "Connection: close\r\n"
        # "A server MUST NOT send a Content-Length header field in any response with a status code
        # of 1xx or 204" (RFC 9110, section 8.6).
        if self.status != HTTPStatus.NO_CONTENT:
            head += f"Content-Length: {len(self.body)}\r\n"
        return f"{head}\r\n".encode("latin-1") + self.body


@dataclass(frozen=True, slots=True)
class HttpStream:
    """A response without a known end; its connection closes after it."""

    headers: tuple[tuple[str, str], ...]
    chunks: AsyncIterator[bytes] = field(repr=False)

    def head(self) -> bytes:
        """Return the bytes before the chunks."""
        lines = "".join(f"{name}: {value}\r\n" for name, value in self.headers)
        start = _status_line_and_date(HTTPStatus.OK, int(time.time()))
        return f"{start}{lines}Connection: close\r\n\r\n".encode("latin-1")


def json_response(status: int, body: Mapping[str, Any], *, error_type: str = "") -> HttpResponse:
    """Make a response of an AWS JSON API; botocore finds the type of an error in a header."""
    headers = (JSON_TYPE, ("x-amzn-ErrorType", error_type)) if error_type else (JSON_TYPE,)
    return HttpResponse(status, headers, json.dumps(body, separators=(",", ":")).encode())


def forbidden() -> HttpResponse:
    """Make AWS's response about anything that does not exist on a default endpoint."""
    return json_response(403, {"message": "Forbidden"}, error_type="ForbiddenException")


def no_such_method(method: str, path: str) -> HttpResponse:
    """Make AWS's response at a custom domain to a `@connections` address with the stage in it.

    Source: https://github.com/aws-samples/simple-websockets-chat-app/issues/40
    """
    return json_response(
        404, {"message": f"No method found matching route {path} for http method {method}."}
    )


@lru_cache(maxsize=64)
def host_name(host_header: str) -> str:
    """Return the host in a Host header, without port and brackets; "" for what is no host."""
    authority = read_authority(host_header.strip())
    return "" if authority is None else authority.host


@lru_cache(maxsize=16)
def _status_line_and_date(status: int, epoch_seconds: int) -> str:
    """Return the status line and the date; the cache makes them once a second."""
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        phrase = "Unknown"
    date = formatdate(epoch_seconds, usegmt=True)
    return f"HTTP/1.1 {status} {phrase}\r\nDate: {date}\r\n"
