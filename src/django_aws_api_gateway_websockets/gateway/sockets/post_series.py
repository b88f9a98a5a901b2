"""Posts of one broadcast, known by their bytes.

They differ in nothing but the connection id in the path and the signature. Once one of them has
been parsed, routed, checked and delivered, the bytes around those two holes say all of that about
the next one:

    POST /_aws/execute-api/a1b2c3d4e5/prod/@connections/|L0SM9cOFvHcCIhwAAAAAAA%3D%3D| HTTP/1.1
    Host: 127.0.0.1:8001
    X-Amz-Date: 20260925T002229Z
    Authorization: AWS4-HMAC-SHA256 Credential=..., Signature=|5d672d79c15b13162d9279b0855cfba6...|

    {"text": "hello"}

A hole takes nothing but an id API Gateway could have issued, or the digits of a signature, so no
request can be told apart here that the parser would have read in another way.
"""

import re
from typing import Final, NamedTuple, Self

from ...core.identifiers import ConnectionId, is_connection_id
from ...core.sigv4_check import VerifiedSignature
from ..http.http_messages import HttpRequest
from ..http.router import ConnectionTarget
from .outgoing_text import OutgoingText

__all__ = ["PostSeries", "PostShape"]

MAX_BYTES: Final = 32 * 1024
"""Longest request that is remembered, body included; a longer one costs what its body costs."""

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

    def holes(self, received: bytes) -> tuple[ConnectionId, str, str] | None:
        """The connection id, the whole path and the signature of a request of this shape."""
        before_id, path, before_signature, rest = self
        signature_at = len(received) - len(rest) - _SIGNATURE_BYTES
        id_end = signature_at - len(before_signature)
        if not (
            received.startswith(before_id)
            and id_end > len(before_id)
            and received.startswith(before_signature, id_end)
            and received.endswith(rest)
        ):
            return None
        wire_id = received[len(before_id) : id_end].decode("latin-1")
        connection_id = wire_id.replace("%3D", "=")
        if not is_connection_id(connection_id):
            return None
        signature = received[signature_at : signature_at + _SIGNATURE_BYTES].decode("latin-1")
        return ConnectionId(connection_id), path + wire_id, signature


class PostSeries(NamedTuple):
    """What has been worked out for the posts of a shape."""

    shape: PostShape
    first: HttpRequest
    """The post that was read and answered."""
    target: ConnectionTarget
    """Where that one went; the others have their own connection ids."""
    text: OutgoingText
    signature: VerifiedSignature
    apis_revision: int
    """The state of the APIs it was worked out from."""
