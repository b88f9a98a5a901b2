"""AWS Signature Version 4, made and checked, for `execute-api` and `apigateway`.

A signature is an HMAC over a *string to sign*, which holds the SHA-256 of a *canonical request*:

    POST                                           method
    /prod/%40connections/L0SM9cOFvHcCIhw%253D      path, percent-encoded once more than it travels
                                                   query, sorted
    host:abc.execute-api.eu-west-1.amazonaws.com   signed headers
    x-amz-date:20260925T002229Z

    host;x-amz-date                                their names
    e3b0c44298fc1c149afbf4c8996fb92427ae41e4...    SHA-256 of the body

In a broadcast only the connection id in the path differs, so `RequestSigner` prepares all the rest
once.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

import hmac
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, unquote_to_bytes

from .errors import (
    MissingSignatureError,
    SignatureExpiredError,
    SignatureMismatchError,
    UnknownAccessKeyError,
)

if TYPE_CHECKING:
    from hashlib import _Hash as HASH  # what the standard library's stubs call a hash in progress.

__all__ = [
    "MAX_SKEW_SECONDS",
    "Credentials",
    "RequestSigner",
    "SignedRequest",
    "VerifiedSignature",
    "canonical_path",
    "encode_connection_id",
    "verify",
]

ALGORITHM: Final = "AWS4-HMAC-SHA256"
TERMINATOR: Final = "aws4_request"
TIMESTAMP_FORMAT: Final = "%Y%m%dT%H%M%SZ"
UNRESERVED: Final = "-_.~"

MAX_SKEW_SECONDS: Final = 300.0
"""AWS refuses a signature whose time is further than five minutes from its own.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html
"""

_BLOCK_BYTES: Final = 64
_USUAL_CONNECTION_ID: Final = re.compile(r"[A-Za-z0-9_-]+=*")
_AUTHORIZATION: Final = re.compile(
    rf"{ALGORITHM}\s+Credential=(?P<key>[^\s,/]+)/(?P<date>[0-9]{{8}})/(?P<region>[^\s,/]+)/(?P<service>[^\s,/]+)"
    rf"/{TERMINATOR},\s*SignedHeaders=(?P<headers>[^\s,]+),\s*Signature=(?P<signature>[^\s,]+)"
)


@dataclass(frozen=True, slots=True)
class Credentials:
    """What AWS gave somebody to sign with; the secrets stay out of `repr`."""

    access_key: str
    secret_key: str = field(repr=False)
    session_token: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """A request as it came over the wire: nothing decoded, text read as ISO-8859-1."""

    method: str
    path: str
    query: str
    headers: Sequence[tuple[str, str]]
    """Names in lower case, in the order they came."""
    body: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class VerifiedSignature:
    """Who signed a request, for which region and service, and when."""

    access_key: str
    region: str
    service: str
    moment: datetime


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

        self._method = sha256(f"{method.upper()}\n".encode())
        self._after_path = _after_path(
            _sorted_query(query), signed, names, sha256(body).hexdigest()
        )
        key = _signing_key(credentials.secret_key, scope)
        self._inner, self._outer = _hmac_states(key)
        self._inner.update(f"{ALGORITHM}\n{timestamp}\n{scope}\n".encode())
        self._before_signature = (
            f"{ALGORITHM} Credential={credentials.access_key}/{scope}, "
            f"SignedHeaders={names}, Signature="
        )

    def authorization(self, path: str) -> str:
        """The Authorization header for a path in its canonical form (see `canonical_path`)."""
        # Copied hash states instead of hmac.new(), because a broadcast does this per recipient.
        request = self._method.copy()
        request.update(path.encode() + self._after_path)
        inner = self._inner.copy()
        inner.update(request.hexdigest().encode())
        outer = self._outer.copy()
        outer.update(inner.digest())
        return self._before_signature + outer.hexdigest()


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
    segments: list[str] = []
    for segment in path.split("/"):
        if segment == "..":
            del segments[-1:]
        elif segment not in {"", "."}:
            segments.append(segment)
    trailing = "/" if segments and path.endswith("/") else ""
    return quote(_octets("/" + "/".join(segments) + trailing), safe="/" + UNRESERVED)


def verify(
    request: SignedRequest,
    *,
    secret_of: Callable[[str], str | None],
    moment: datetime,
    region: str | None = None,
    services: Collection[str] = ("execute-api", "apigateway"),
    max_skew_seconds: float = MAX_SKEW_SECONDS,
) -> VerifiedSignature:
    """Who signed this request, body included: `UNSIGNED-PAYLOAD` is no way around that.

    Args:
        secret_of: gives the secret key of an access key, or `None` for one it does not know.
        moment: the aware time to judge the age of the signature by.
        region: the only region to accept; `None` accepts any.

    Raises:
        MissingSignatureError: there is no Authorization header of this algorithm, or no date.
        UnknownAccessKeyError: `secret_of` answered `None`.
        SignatureExpiredError: the signature is too old, or from the future.
        SignatureMismatchError: scope or signature are not what this request calls for.
    """
    claim = _claim(request)
    timestamp, signed_at = _signing_time(request)
    secret_key = secret_of(claim["key"])
    if secret_key is None:
        raise UnknownAccessKeyError(
            "The access key of the request is not known here: check the credentials that signed it."
        )
    if abs((moment - signed_at).total_seconds()) > max_skew_seconds:
        raise SignatureExpiredError(
            f"The request was signed at {signed_at:%Y-%m-%dT%H:%M:%SZ}, more than "
            f"{max_skew_seconds:g} seconds from the time here: check both clocks, or sign again."
        )
    _check_scope(claim, timestamp=timestamp, region=region, services=services)
    scope = f"{claim['date']}/{claim['region']}/{claim['service']}/{TERMINATOR}"
    key = _signing_key(secret_key, scope)
    for canonical_request in _canonical_requests(request, claim["headers"]):
        digest = sha256(canonical_request).hexdigest()
        expected = hmac.digest(
            key, f"{ALGORITHM}\n{timestamp}\n{scope}\n{digest}".encode(), "sha256"
        ).hex()
        if hmac.compare_digest(expected.encode(), claim["signature"].encode()):
            return VerifiedSignature(claim["key"], claim["region"], claim["service"], signed_at)
    raise SignatureMismatchError(
        "The signature of the request is not the one its credentials give for it: check the "
        "secret key, and that nothing changes path, headers or body on the way."
    )


def _claim(request: SignedRequest) -> dict[str, str]:
    found = [value for name, value in request.headers if name == "authorization"]
    claim = _AUTHORIZATION.fullmatch(found[0].strip()) if len(found) == 1 else None
    if claim is None:
        raise MissingSignatureError(
            f"The request needs one Authorization header of the form {ALGORITHM}: "
            "sign it with AWS credentials."
        )
    return claim.groupdict()


def _signing_time(request: SignedRequest) -> tuple[str, datetime]:
    """The timestamp as the string to sign holds it, and what it means."""
    headers = dict(request.headers)
    text = headers.get("x-amz-date") or headers.get("date", "")
    try:
        return text, _parsed(text)
    except ValueError:
        pass
    try:
        parsed = parsedate_to_datetime(text)
        # `-0000`, which botocore writes, is read as UTC without a zone.
        signed_at = parsed.replace(tzinfo=parsed.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError):
        raise MissingSignatureError(
            "The request needs an X-Amz-Date header like 20260925T002229Z, "
            f"not {text[:40]!r}: sign it with AWS credentials."
        ) from None
    return signed_at.strftime(TIMESTAMP_FORMAT), signed_at


@lru_cache(maxsize=64)
def _parsed(timestamp: str) -> datetime:
    # A broadcast brings the same timestamp thousands of times, and parsing one is slow.
    return datetime.strptime(timestamp, TIMESTAMP_FORMAT).replace(tzinfo=UTC)


def _check_scope(
    claim: dict[str, str], *, timestamp: str, region: str | None, services: Collection[str]
) -> None:
    if claim["date"] != timestamp[:8]:
        raise SignatureMismatchError(
            "The date in the credential scope is not the date of the request: sign with one clock."
        )
    if claim["service"] not in services:
        raise SignatureMismatchError(
            f"The credential should be scoped to {' or '.join(services)}, not {claim['service']!r}."
        )
    if region is not None and claim["region"] != region:
        raise SignatureMismatchError(
            f"The credential should be scoped to the region {region!r}, not {claim['region']!r}."
        )
    if "host" not in claim["headers"].split(";"):
        raise SignatureMismatchError(
            "The Host header must be among the signed headers: sign it too."
        )


def _canonical_requests(request: SignedRequest, names: str) -> Iterator[bytes]:
    """Every canonical request an honest client may have signed for this request.

    Clients disagree: botocore encodes the path once more and sorts the query as it is, curl 7
    takes both as they are, others decode the query and encode it again.
    """
    signed = []
    for name in names.split(";"):
        values = [" ".join(value.split()) for key, value in request.headers if key == name]
        if not values:
            raise SignatureMismatchError(
                f"The signed header {name[:64]!r} is not in the request: send what was signed."
            )
        signed.append((name, ",".join(values)))
    digest = sha256(request.body).hexdigest()
    method = _octets(f"{request.method.upper()}\n")
    for path in _accepted_paths(request.path):
        for query in _accepted_queries(request.query):
            yield method + _octets(path) + _after_path(query, signed, names, digest)


def _accepted_paths(path: str) -> Sequence[str]:
    # With an encoded percent sign, the path as it is may be the canonical form of another one.
    return (canonical_path(path),) if "%25" in path else (canonical_path(path), path)


def _accepted_queries(query: str) -> Collection[str]:
    if not query:
        return ("",)
    pairs = [pair.partition("=")[::2] for pair in query.split("&") if pair]
    encoded = sorted(
        "=".join(quote(unquote_to_bytes(_octets(part)), safe=UNRESERVED) for part in pair)
        for pair in pairs
    )
    return {_sorted_query(query), "&".join(encoded), query}


def _sorted_query(query: str) -> str:
    pairs = sorted(pair.partition("=")[::2] for pair in query.split("&")) if query else ()
    return "&".join(f"{name}={value}" for name, value in pairs)


def _after_path(query: str, signed: Sequence[tuple[str, str]], names: str, digest: str) -> bytes:
    headers = "".join(f"{name}:{value}\n" for name, value in signed)
    return _octets(f"\n{query}\n{headers}\n{names}\n{digest}")


@lru_cache(maxsize=64)
def _signing_key(secret_key: str, scope: str) -> bytes:
    # Good for a day, region and service: AWS's own advice is to keep it.
    key = f"AWS4{secret_key}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key


def _hmac_states(key: bytes) -> tuple["HASH", "HASH"]:
    """The inner and the outer hash of HMAC (RFC 2104, section 2) for a key shorter than a block."""
    padded = key.ljust(_BLOCK_BYTES, b"\0")
    return sha256(bytes(byte ^ 0x36 for byte in padded)), sha256(
        bytes(byte ^ 0x5C for byte in padded)
    )


def _octets(text: str) -> bytes:
    """The bytes a text came from the wire as; one that cannot have done so is taken as UTF-8."""
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return text.encode()
