"""Posts of one broadcast, known by their bytes.

They differ in nothing but the connection id in the path and the signature. Once one of them has
been parsed, routed, checked and delivered, the bytes around those two holes say all of that about
the next one:

    POST /_aws/execute-api/a1b2c3d4e5/prod/@connections/|L0SM9cOFvHcCIhwAAAAAAA%3D%3D| HTTP/1.1
    Host: 127.0.0.1:8001
    X-Amz-Date: 20260925T002229Z
    Authorization: AWS4-HMAC-SHA256 Credential=..., Signature=|5d672d79c15b13162d9279b0855cfba6...|

    {"text": "hello"}

What stands in the first hole has to be the id of a connection there is, and in the second the one
signature that is right, so nothing passes here that the parser would have read in another way.

Several may come in one piece: the sender of this package does not wait for each response,
because two system calls on either side are most of what a post would cost.
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
"""Longest request that is remembered, body included; a longer one costs what its body costs."""

MAX_WIRE_ID: Final = 64
"""More characters than any connection id has in a path."""

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
    """What the posts of a series have in common."""

    before_id: bytes
    path: str
    """The path up to the connection id, as it travels."""
    before_signature: bytes
    """From the end of the connection id on."""
    rest: bytes
    """From the end of the signature on, body included."""

    @classmethod
    def of(cls, received: bytes) -> Self | None:
        """The shape of one whole request; `None` for one whose like is not looked for.

        Args:
            received: the request, which has been parsed and found good.
        """
        found = _POST.fullmatch(received) if len(received) <= MAX_BYTES else None
        if found is None:
            return None
        path = found["path"].decode("latin-1")
        return cls(found["before_id"], path, found["before_signature"], found["rest"])

    def post_at(self, start: int, received: bytes) -> tuple[bytes, bytes, int] | None:
        """The request of this shape that begins at a place of what came.

        Returns:
            its connection id as it travels, its signature, and where it ends; `None` for a request
            of another shape, or one that is not whole. Neither of the first two has been looked at.
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
    """What has been worked out for the posts of a shape."""

    shape: PostShape
    first: HttpRequest
    """The post that was read and answered."""
    target: ConnectionTarget
    """Where that one went; the others have their own connection ids."""
    text: OutgoingText
    signature: VerifiedSignature
    headers: tuple[tuple[str, str], ...]
    """What every response says beside the ids of its request."""
    canonical_path: bytes
    """The path up to the connection id as the signature takes it."""
    canonical_encoded: bytes
    """An encoded equals sign in that form."""
    canonical_plain: bytes
    """One that is not encoded."""

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
        """The series of a post; `None` if the canonical form of its path is no plain sum."""
        form, path = signature.path_form, shape.path
        # Letters stand before the signs, for a path may end in a segment that is taken out.
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
        """Make the entry of the journal for a post that was delivered."""
        target = self.target._replace(connection_id=connection.client.connection_id)
        return CallEntry.of(self.first, target, self.response(*call_ids), at_ms=at_ms)

    def response(self, *call_ids: str) -> HttpResponse:
        """Make the response to a post that was delivered.

        Args:
            call_ids: the values of `CALL_HEADERS`.
        """
        named = zip(CALL_HEADERS, call_ids, strict=True)
        return HttpResponse(200, (JSON_TYPE, *named, *self.headers))

    def signature_for(self, wire_id: bytes) -> bytes:
        """The signature of the post to a connection.

        Args:
            wire_id: the id as it travels, its equals signs encoded or not.
        """
        # In this order, for a plain sign may become what an encoded one looks like.
        canonical_id = wire_id.replace(b"%3D", self.canonical_encoded).replace(
            b"=", self.canonical_plain
        )
        return self.signature.of_path.of(self.canonical_path + canonical_id).encode()


def end_of_post(start: int, received: bytes) -> int:
    """Where the POST that begins at a place of what came seems to end.

    Only where to cut what came, so that its first request is read alone: the parser takes any cut,
    and alone decides what it is.
    """
    head_end = received.find(b"\r\n\r\n", start)
    if head_end < 0 or not received.startswith(b"POST ", start):
        return len(received)
    length = _CONTENT_LENGTH.search(received, start, head_end + 2)
    if length is None:
        return len(received)
    return min(len(received), head_end + 4 + int(length[1]))
