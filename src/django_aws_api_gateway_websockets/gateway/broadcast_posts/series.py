"""Recognition of the posts of one broadcast by their bytes.

They differ only in the connection id in the path and in the signature. Once one of them has been
parsed, routed, checked and delivered, the same bytes around those two gaps mean the same result
for the next one:

    POST /_aws/execute-api/a1b2c3d4e5/prod/@connections/|L0SM9cOFvHcCIhwAAAAAAA%3D%3D| HTTP/1.1
    Host: 127.0.0.1:8001
    X-Amz-Date: 20260925T002229Z
    Authorization: AWS4-HMAC-SHA256 Credential=..., Signature=|5d672d79c15b13162d9279b0855cfba6...|

    {"text": "hello"}

The first gap must hold the id of an open connection, and the second the one right signature.
So nothing passes here that the parser would read in another way.

Several posts may come in one piece: the sender of this package does not wait for each response,
because two system calls on either side are most of the cost of a post.
"""

import re
from typing import Final, NamedTuple, Self

from ...core.sigv4.check import VerifiedSignature
from ...core.sigv4.sign import octets
from ..connections.connection import Connection
from ..connections.outgoing_text import OutgoingText
from ..http.messages import JSON_TYPE, HttpRequest, HttpResponse
from ..http.targets import ConnectionTarget
from ..journal.entries import CallEntry
from ..runtime.ids import CALL_HEADERS, CallIds

__all__ = ["PostSeries", "PostShape", "end_of_post"]

MAX_BYTES: Final = 32 * 1024
"""Bytes of the longest request that is remembered; a longer one costs mostly its body."""

MAX_WIRE_ID: Final = 64
"""Number of characters that no connection id in a path exceeds."""

_POST: Final = re.compile(
    rb"(?P<before_id>POST (?P<path>/[^ ?]*/@connections/))"
    rb"(?P<id>[A-Za-z0-9_-]+(?:=|%3D)*)"
    rb"(?P<before_signature> HTTP/1\.1\r\n(?:[^\r\n]+\r\n)*?"
    rb"(?i:authorization):[^\r\n]*Signature=)"
    rb"(?P<signature>[0-9a-f]{64})"
    rb"(?P<rest>\r\n.*)",
    re.DOTALL,
)
_SIGNATURE_BYTES: Final = 64
_CONTENT_LENGTH: Final = re.compile(rb"\r\n[Cc]ontent-[Ll]ength: ?([0-9]{1,7})\r\n")


class PostShape(NamedTuple):
    """The common parts of the posts of a series."""

    before_id: bytes
    path: str
    """Path up to the connection id, as it travels."""
    before_signature: bytes
    """Bytes between connection id and signature."""
    rest: bytes
    """Bytes after the signature, with the body."""

    @classmethod
    def of(cls, received: bytes) -> Self | None:
        """Return the shape of one whole request; `None` for a request that starts no series.

        Args:
            received: bytes of the request, which the parser has accepted.
        """
        found = _POST.fullmatch(received) if len(received) <= MAX_BYTES else None
        if found is None:
            return None
        path = found["path"].decode("latin-1")
        return cls(found["before_id"], path, found["before_signature"], found["rest"])

    def post_at(self, start: int, received: bytes) -> tuple[bytes, bytes, int] | None:
        """Find a request of this shape at a place of the bytes.

        Returns:
            its connection id as it travels, its signature, both unchecked, and its end; `None` for
            an incomplete request or another shape.
        """
        before_id, _, before_signature, rest = self
        id_start = start + len(before_id)
        if not received.startswith(before_id, start):
            return None
        most = id_start + MAX_WIRE_ID + len(before_signature)
        id_end = received.find(before_signature, id_start, most)
        signature_start = id_end + len(before_signature)
        signature_end = signature_start + _SIGNATURE_BYTES
        if id_end < 0 or not received.startswith(rest, signature_end):
            return None
        return (
            received[id_start:id_end],
            received[signature_start:signature_end],
            signature_end + len(rest),
        )


class PostSeries(NamedTuple):
    """The values that the posts of a shape share."""

    shape: PostShape
    first: HttpRequest
    """Post that was parsed and delivered."""
    target: ConnectionTarget
    """Target of that post; the others have their own connection ids."""
    text: OutgoingText
    signature: VerifiedSignature
    headers: tuple[tuple[str, str], ...]
    """Headers of every response, in addition to the ids."""
    canonical_path: bytes
    """Path up to the connection id in its canonical form for the signature."""
    canonical_encoded: bytes
    """Encoded equals sign in that form."""
    canonical_plain: bytes
    """Plain equals sign in that form."""

    @classmethod
    def of(
        cls,
        shape: PostShape,
        first: HttpRequest,
        target: ConnectionTarget,
        *,
        text: OutgoingText,
        signature: VerifiedSignature,
        headers: tuple[tuple[str, str], ...] = (),
    ) -> Self | None:
        """Make the series of a post; `None` if the canonical form of its path is no simple sum."""
        form, path = signature.path_form, shape.path
        # A letter stands before each sign, because canonicalisation removes some last segments.
        base = form(path + "x")
        encoded, plain = form(path + "x%3D"), form(path + "x=")
        if not all(one.startswith(base) for one in (encoded, plain)):
            return None
        return cls(
            shape,
            first,
            target,
            text,
            signature,
            headers,
            octets(base)[:-1],
            octets(encoded)[len(octets(base)) :],
            octets(plain)[len(octets(base)) :],
        )

    def entry(self, connection: Connection, call_ids: CallIds, *, at_ms: int) -> CallEntry:
        """Make the journal entry of a delivered post."""
        target = self.target._replace(connection_id=connection.client.connection_id)
        return CallEntry.of(self.first, target, self.response(*call_ids), at_ms=at_ms)

    def response(self, *call_ids: str) -> HttpResponse:
        """Make the response to a delivered post.

        Args:
            call_ids: the values of `CALL_HEADERS`.
        """
        named = zip(CALL_HEADERS, call_ids, strict=True)
        return HttpResponse(200, (JSON_TYPE, *named, *self.headers))

    def signature_for(self, wire_id: bytes) -> bytes:
        """Return the right signature of the post to a connection.

        Args:
            wire_id: the id as it travels, with plain or encoded equals signs.
        """
        # The order matters: the canonical form of a plain sign may look like an encoded one.
        canonical_id = wire_id.replace(b"%3D", self.canonical_encoded).replace(
            b"=", self.canonical_plain
        )
        return self.signature.of_path.of(self.canonical_path + canonical_id).encode()


def end_of_post(start: int, received: bytes) -> int:
    """Estimate the end of the POST that begins at a place of the bytes.

    A wrong estimate does no harm: it only decides where the bytes are cut so that the first request
    is parsed alone, and the parser accepts any cut.
    """
    head_end = received.find(b"\r\n\r\n", start)
    if head_end < 0 or not received.startswith(b"POST ", start):
        return len(received)
    length = _CONTENT_LENGTH.search(received, start, head_end + 2)
    if length is None:
        return len(received)
    return min(len(received), head_end + 4 + int(length[1]))
