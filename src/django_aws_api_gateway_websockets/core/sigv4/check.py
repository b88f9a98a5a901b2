"""AWS Signature Version 4 as it is checked: who signed a request, and when.

A broadcast brings thousands of requests that differ in path and signature only. Their
common part is worked out for the first of them and remembered.
"""

import hmac
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from hashlib import sha256
from typing import Final, NamedTuple
from urllib.parse import quote, unquote_to_bytes

from ..errors import (
    MissingSignatureError,
    SignatureExpiredError,
    SignatureMismatchError,
    UnknownAccessKeyError,
)
from .sign import (
    ALGORITHM,
    TERMINATOR,
    TIMESTAMP_FORMAT,
    UNRESERVED,
    SignatureOfPath,
    after_path,
    canonical_path,
    octets,
    signing_key,
    sorted_query,
)

__all__ = ["MAX_SKEW_SECONDS", "SignedRequest", "VerifiedSignature", "verify"]

MAX_SKEW_SECONDS: Final = 300.0
"""AWS refuses a signature whose time is further than five minutes from its own.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html
"""

_AUTHORIZATION: Final = re.compile(
    rf"{ALGORITHM}\s+Credential=(?P<key>[^\s,/]+)/(?P<date>[0-9]{{8}})/(?P<region>[^\s,/]+)/(?P<service>[^\s,/]+)"
    rf"/{TERMINATOR},\s*SignedHeaders=(?P<headers>[^\s,]+),\s*"
)
"""The header up to its last part, which is the signature."""


# Named tuples, not frozen dataclasses: one of each is made for every post.
class SignedRequest(NamedTuple):
    """A request as it came over the wire: nothing decoded, text read as ISO-8859-1."""

    method: str
    path: str
    query: str
    headers: tuple[tuple[str, str], ...]
    """Names in lower case, in the order they came."""
    body: bytes = b""

    def __repr__(self) -> str:
        # Query, headers and body may hold secrets.
        return f"SignedRequest({self.method} {self.path!r})"


class VerifiedSignature(NamedTuple):
    """The signer of a request, with its region, service and time."""

    access_key: str
    region: str
    service: str
    moment: datetime
    path_form: Callable[[str], str]
    """Function that gives the path in the canonical form the signer used."""
    of_path: SignatureOfPath
    """Signs as the signer did, whatever the path is."""

    def is_timely(self, moment: datetime, max_skew_seconds: float = MAX_SKEW_SECONDS) -> bool:
        """Tell whether it is neither too old nor from the future at an aware time."""
        return abs((moment - self.moment).total_seconds()) <= max_skew_seconds

    def also_covers(self, path: str, signature: str) -> bool:
        """Tell whether this is the signature of a request that differs in nothing but its path."""
        expected = self.of_path.of(octets(self.path_form(path)))
        return hmac.compare_digest(expected.encode(), signature.encode())


@dataclass(frozen=True, slots=True)
class _Claim:
    """The claims of an Authorization header, without the signature."""

    key: str
    date: str
    region: str
    service: str
    headers: str

    @property
    def scope(self) -> str:
        return f"{self.date}/{self.region}/{self.service}/{TERMINATOR}"


def verify(
    request: SignedRequest,
    *,
    secret_of: Callable[[str], str | None],
    moment: datetime,
    region: str | None = None,
    services: Collection[str] = ("execute-api", "apigateway"),
    max_skew_seconds: float = MAX_SKEW_SECONDS,
) -> VerifiedSignature:
    """Return the signer of this request, body included: `UNSIGNED-PAYLOAD` is no way around that.

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
    before_signature, signature, others = _parted(request.headers)
    claim, timestamp, signed_at = _statement(before_signature, others)
    secret_key = _secret_key(claim, secret_of)
    _check_age(signed_at, moment, max_skew_seconds)
    _check_scope(claim, region=region, services=services)
    for path_form in _accepted_path_forms(request.path):
        for of_path in _expected(
            claim, secret_key, timestamp, request.method, request.query, others, request.body
        ):
            verified = VerifiedSignature(
                claim.key, claim.region, claim.service, signed_at, path_form, of_path
            )
            if verified.also_covers(request.path, signature):
                return verified
    raise SignatureMismatchError(
        "The signature of the request is not the one its credentials give for it: check the "
        "secret key, and that nothing changes path, headers or body on the way."
    )


def _parted(
    headers: tuple[tuple[str, str], ...],
) -> tuple[str, str, tuple[tuple[str, str], ...]]:
    """The Authorization header in two parts, and the other headers."""
    found = [value for name, value in headers if name == "authorization"]
    if len(found) != 1:
        raise _no_signature()
    before, _, signature = found[0].strip().rpartition("Signature=")
    return before, signature, tuple(pair for pair in headers if pair[0] != "authorization")


@lru_cache(maxsize=32)
def _statement(
    before_signature: str, others: tuple[tuple[str, str], ...]
) -> tuple[_Claim, str, datetime]:
    """Read the claims and their time: the timestamp as the string to sign has it, and its meaning.

    The posts of a broadcast all say the same, and reading it costs as much as a signature.
    """
    claim = _AUTHORIZATION.fullmatch(before_signature)
    if claim is None:
        raise _no_signature()
    return _Claim(**claim.groupdict()), *_signing_time(dict(others))


def _no_signature() -> MissingSignatureError:
    return MissingSignatureError(
        f"The request needs one Authorization header of the form {ALGORITHM}: "
        "sign it with AWS credentials."
    )


def _signing_time(headers: Mapping[str, str]) -> tuple[str, datetime]:
    text = headers.get("x-amz-date") or headers.get("date", "")
    try:
        return text, datetime.strptime(text, TIMESTAMP_FORMAT).replace(tzinfo=UTC)
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


def _secret_key(claim: _Claim, secret_of: Callable[[str], str | None]) -> str:
    secret_key = secret_of(claim.key)
    if secret_key is None:
        raise UnknownAccessKeyError(
            "The access key of the request is not known here: check the credentials that signed it."
        )
    return secret_key


def _check_age(signed_at: datetime, moment: datetime, max_skew_seconds: float) -> None:
    if abs((moment - signed_at).total_seconds()) > max_skew_seconds:
        raise SignatureExpiredError(
            f"The request was signed at {signed_at:%Y-%m-%dT%H:%M:%SZ}, more than "
            f"{max_skew_seconds:g} seconds from the time here: check both clocks, or sign again."
        )


def _check_scope(claim: _Claim, *, region: str | None, services: Collection[str]) -> None:
    if claim.service not in services:
        raise SignatureMismatchError(
            f"The credential should be scoped to {' or '.join(services)}, not {claim.service!r}."
        )
    if region is not None and claim.region != region:
        raise SignatureMismatchError(
            f"The credential should be scoped to the region {region!r}, not {claim.region!r}."
        )


@lru_cache(maxsize=32)
def _expected(
    claim: _Claim,
    secret_key: str,
    timestamp: str,
    method: str,
    query: str,
    headers: tuple[tuple[str, str], ...],
    body: bytes,
) -> tuple[SignatureOfPath, ...]:
    """The signatures an honest client may have given.

    Clients disagree: botocore encodes the path once more and sorts the query as it is, curl 7
    takes both as they are, others decode the query and encode it again.
    """
    if claim.date != timestamp[:8]:
        raise SignatureMismatchError(
            "The date in the credential scope is not the date of the request: sign with one clock."
        )
    signed = _signed_headers(claim.headers, headers)
    key, digest = signing_key(secret_key, claim.scope), sha256(body).hexdigest()
    return tuple(
        SignatureOfPath(
            method,
            after_path(accepted, signed, claim.headers, digest),
            key=key,
            before_digest=f"{ALGORITHM}\n{timestamp}\n{claim.scope}\n",
        )
        for accepted in _accepted_queries(query)
    )


def _signed_headers(names: str, headers: tuple[tuple[str, str], ...]) -> list[tuple[str, str]]:
    signed: list[tuple[str, str]] = []
    if "host" not in names.split(";"):
        raise SignatureMismatchError(
            "The Host header must be among the signed headers: sign it too."
        )
    for name in names.split(";"):
        values = [" ".join(value.split()) for key, value in headers if key == name]
        if not values:
            raise SignatureMismatchError(
                f"The signed header {name[:64]!r} is not in the request: send what was signed."
            )
        signed.append((name, ",".join(values)))
    return signed


def _accepted_path_forms(path: str) -> Sequence[Callable[[str], str]]:
    # With an encoded percent sign, the path as it is may be the canonical form of another one.
    return (canonical_path,) if "%25" in path else (canonical_path, str)


def _accepted_queries(query: str) -> Collection[str]:
    if not query:
        return ("",)
    pairs = [pair.partition("=")[::2] for pair in query.split("&") if pair]
    encoded = sorted(
        "=".join(quote(unquote_to_bytes(octets(part)), safe=UNRESERVED) for part in pair)
        for pair in pairs
    )
    return {sorted_query(query), "&".join(encoded), query}
