"""AWS Signature Version 4 as it is made, for `execute-api` and `apigateway`.

A signature is an HMAC over a *string to sign*, which holds the SHA-256 of a *canonical request*:

    POST                                           method
    /prod/%40connections/L0SM9cOFvHcCIhw%253D      path, percent-encoded once more than it travels
                                                   query, sorted
    host:abc.execute-api.eu-west-1.amazonaws.com   signed headers
    x-amz-date:20260925T002229Z

    host;x-amz-date                                their names
    e3b0c44298fc1c149afbf4c8996fb92427ae41e4...    SHA-256 of the body

In a broadcast only the connection id in the path differs, so all the rest is prepared once.
`sigv4_check` is the other side.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from ..errors import UnusableCredentialsError

if TYPE_CHECKING:
    from hashlib import _Hash as HASH  # the stubs' name of a hash in progress.

__all__ = [
    "ALGORITHM",
    "TERMINATOR",
    "TIMESTAMP_FORMAT",
    "UNRESERVED",
    "Credentials",
    "RequestSigner",
    "SignatureOfPath",
    "after_path",
    "canonical_path",
    "encode_connection_id",
    "octets",
    "signing_key",
    "sorted_query",
]

ALGORITHM: Final = "AWS4-HMAC-SHA256"
TERMINATOR: Final = "aws4_request"
TIMESTAMP_FORMAT: Final = "%Y%m%dT%H%M%SZ"
UNRESERVED: Final = "-_.~"

_BLOCK_BYTES: Final = 64
_PLAIN_PATH: Final = re.compile(r"(?:/[A-Za-z0-9_~@%=-][A-Za-z0-9_.~@%=-]*)+")
"""Without dot segments, double slashes and anything rare; the path of every post."""
# A line break in a header would begin another header (RFC 9110, section 5.5).
_HEADER_VALUE: Final = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
# Half a surrogate pair has no bytes; the environment has them for bytes that are no text.
_ENCODABLE: Final = re.compile("[^\ud800-\udfff]*")
_USUAL_CONNECTION_ID: Final = re.compile(r"[A-Za-z0-9_-]+=*")


@dataclass(frozen=True, slots=True)
class Credentials:
    """Keys AWS gave somebody to sign with; the secrets stay out of `repr`.

    Raises:
        UnusableCredentialsError: one of them has a character that no request can carry.
    """

    access_key: str
    secret_key: str = field(repr=False)
    session_token: str | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        parts = (
            ("access key", self.access_key, _HEADER_VALUE),
            ("secret key", self.secret_key, _ENCODABLE),
            ("session token", self.session_token, _HEADER_VALUE),
        )
        for name, value, form in parts:
            if isinstance(value, str) and not form.fullmatch(value):
                raise UnusableCredentialsError(
                    f"The {name} of the AWS credentials has a character that no request can carry, "
                    "such as a line break or a letter that is not Latin: copy it once more."
                )


class RequestSigner:
    """Signs requests that differ in nothing but their path.

    Args:
        host: value of the Host header, with the port unless it is the default one.
        moment: the aware time the signatures carry; AWS accepts them for five minutes around it.
        query: query string as it will travel, without the question mark.
    """

    def __init__(  # noqa: PLR0913 - one keyword for each thing that is signed.
        self,
        credentials: Credentials,
        *,
        region: str,
        service: str,
        method: str,
        host: str,
        moment: datetime,
        body: bytes = b"",
        query: str = "",
    ) -> None:
        timestamp = moment.astimezone(UTC).strftime(TIMESTAMP_FORMAT)
        scope = f"{timestamp[:8]}/{region}/{service}/{TERMINATOR}"
        self.headers: tuple[tuple[str, str], ...] = (("X-Amz-Date", timestamp),)
        if credentials.session_token:
            self.headers += (("X-Amz-Security-Token", credentials.session_token),)
        signed = [("host", host), *((name.lower(), value) for name, value in self.headers)]
        names = ";".join(name for name, _ in signed)

        of_path = SignatureOfPath(
            method,
            after_path(sorted_query(query), signed, names, sha256(body).hexdigest()),
            key=signing_key(credentials.secret_key, scope),
            before_digest=f"{ALGORITHM}\n{timestamp}\n{scope}\n",
        )
        self.signature_of = of_path.of
        """Signs a path in its canonical form."""
        self.before_signature = (
            f"{ALGORITHM} Credential={credentials.access_key}/{scope}, "
            f"SignedHeaders={names}, Signature="
        )
        """The Authorization header up to the signature, which is the end of it."""

    def authorization(self, path: str) -> str:
        """The Authorization header for a path in its canonical form (see `canonical_path`)."""
        return self.before_signature + self.signature_of(path.encode())


class SignatureOfPath:
    """Signatures of requests that differ in nothing but their path.

    Args:
        after_path: the canonical request from the path's end on (see `after_path`).
        before_digest: the string to sign up to the digest of the canonical request.
    """

    __slots__ = ("_after_path", "_inner", "_method", "_outer")

    def __init__(self, method: str, after_path: bytes, *, key: bytes, before_digest: str) -> None:
        self._method = sha256(octets(f"{method.upper()}\n"))
        self._after_path = after_path
        inner, self._outer = _hmac_states(key)
        self._inner = inner.copy()
        self._inner.update(before_digest.encode())

    def of(self, path: bytes) -> str:
        """The signature for a path in its canonical form."""
        # Copied hash states instead of hmac.new(), because a broadcast does this per recipient.
        request = self._method.copy()
        request.update(path + self._after_path)
        inner = self._inner.copy()
        inner.update(request.hexdigest().encode())
        outer = self._outer.copy()
        outer.update(inner.digest())
        return outer.hexdigest()


def encode_connection_id(connection_id: str) -> str:
    """A connection id as it stands in the path of a request.

    Source: botocore sends `@connections/L0SM9cOFvHcCIhw=` as `@connections/L0SM9cOFvHcCIhw%3D`.
    """
    if _USUAL_CONNECTION_ID.fullmatch(connection_id):
        return connection_id.replace("=", "%3D")
    if connection_id in {".", ".."}:
        # Written plainly it would be a dot segment, and name another resource.
        return connection_id.replace(".", "%2E")
    return quote(connection_id, safe=UNRESERVED)


def canonical_path(path: str) -> str:
    """The form of a path that is signed, from the form that travels.

    Every service but S3 signs the path encoded once more, without dot segments and double slashes.
    """
    if _PLAIN_PATH.fullmatch(path):
        return path.replace("%", "%25").replace("@", "%40").replace("=", "%3D")
    segments: list[str] = []
    for segment in path.split("/"):
        if segment == "..":
            del segments[-1:]
        elif segment not in {"", "."}:
            segments.append(segment)
    trailing = "/" if segments and path.endswith("/") else ""
    return quote(octets("/" + "/".join(segments) + trailing), safe="/" + UNRESERVED)


def sorted_query(query: str) -> str:
    """The query as it is signed: its pairs in order."""
    pairs = sorted(pair.partition("=")[::2] for pair in query.split("&")) if query else ()
    return "&".join(f"{name}={value}" for name, value in pairs)


def after_path(query: str, signed: Sequence[tuple[str, str]], names: str, digest: str) -> bytes:
    """A canonical request from the path's end on.

    Args:
        signed: the signed headers, names in lower case.
        names: the same names as the request lists them.
        digest: SHA-256 of the body, in hexadecimal.
    """
    headers = "".join(f"{name}:{value}\n" for name, value in signed)
    return octets(f"\n{query}\n{headers}\n{names}\n{digest}")


@lru_cache(maxsize=64)
def signing_key(secret_key: str, scope: str) -> bytes:
    """The key that signs within a scope: date, region, service and terminator."""
    # Good for a day, region and service: AWS's own advice is to keep it.
    key = f"AWS4{secret_key}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key


@lru_cache(maxsize=64)
def _hmac_states(key: bytes) -> tuple["HASH", "HASH"]:
    """The inner and the outer hash of HMAC (RFC 2104, section 2) for a key shorter than a block.

    They are kept as the key is: to be copied, never to be updated.
    """
    padded = key.ljust(_BLOCK_BYTES, b"\0")
    return sha256(bytes(byte ^ 0x36 for byte in padded)), sha256(
        bytes(byte ^ 0x5C for byte in padded)
    )


def octets(text: str) -> bytes:
    """The bytes a text came from the wire as; one that cannot have done so is taken as UTF-8."""
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return text.encode()
