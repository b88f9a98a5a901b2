"""The bytes of one signed request for each connection id."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

from ...core.sigv4.sign import Credentials, RequestSigner, canonical_path, encode_connection_id
from ..endpoint import Endpoint
from .proxy import Proxy

__all__ = ["CredentialsProvider", "RequestWriter"]

CredentialsProvider = Callable[[], Credentials]
"""Callable that returns the credentials of this moment; a long broadcast calls it again."""

SERVICE: Final = "execute-api"

RENEW_AFTER: Final = timedelta(seconds=60)
"""Age at which a signature is made anew, well within the five minutes AWS allows."""

ASK_AFTER: Final = timedelta(seconds=1)
"""Age at which a long broadcast asks again for its credentials."""


class RequestWriter:
    """Writer of requests that differ in nothing but the connection id.

    Args:
        proxy: proxy that forwards plain requests; `None` for a direct connection or a tunnel.
        now: gives the aware time to sign with.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        credentials: CredentialsProvider,
        *,
        method: str,
        body: bytes,
        proxy: Proxy | None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._endpoint = endpoint
        self._provider = credentials
        self._method = method
        self._body = body
        self._now = now
        path = f"{endpoint.base_path}/@connections/"
        self._canonical_path = canonical_path(path)
        # Source of the two forms of the target: RFC 9112, section 3.2.
        origin = f"{endpoint.scheme}://{endpoint.authority}" if proxy else ""
        self._head = f"{method} {origin}{path}"
        self._proxy_header = proxy.header if proxy else ""
        self._tail = b"\r\n\r\n" + body
        self._credentials: Credentials | None = None
        self._asked = self._signed = datetime.min.replace(tzinfo=UTC)

    def renew(self) -> None:
        """Sign anew where the signature has grown old; call it before the first request, and often.

        Raises:
            Exception: what the provider raises, such as `MissingCredentialsError`, when there were
                no credentials before.
        """
        moment = self._now()
        # Both bounds, because the clock of a machine may also be set back.
        if not self._asked <= moment < self._asked + ASK_AFTER:
            self._ask(moment)

    def request(self, connection_id: str) -> bytes:
        """Return the request for one connection; its signature is up to a minute old."""
        wire_id = encode_connection_id(connection_id)
        # Encoded once more, an encoded id changes only in its percent signs.
        signature = self._signature_of(
            (self._canonical_path + wire_id.replace("%", "%25")).encode()
        )
        return f"{self._head}{wire_id}{self._headers}{signature}".encode("latin-1") + self._tail

    def _ask(self, moment: datetime) -> None:
        self._asked = moment
        try:
            credentials = self._provider()
        except Exception:
            if self._credentials is None:
                raise
            # A refresh that failed may succeed in a second; meanwhile AWS judges the old ones.
            credentials = self._credentials
        if (
            credentials != self._credentials
            or not self._signed <= moment < self._signed + RENEW_AFTER
        ):
            self._sign_with(credentials, moment)

    def _sign_with(self, credentials: Credentials, moment: datetime) -> None:
        self._credentials = credentials
        self._signed = moment
        signer = RequestSigner(
            credentials,
            region=self._endpoint.region,
            service=SERVICE,
            method=self._method,
            host=self._endpoint.authority,
            moment=moment,
            body=self._body,
        )
        signed = "".join(f"{name}: {value}\r\n" for name, value in signer.headers)
        self._headers = (
            f" HTTP/1.1\r\nHost: {self._endpoint.authority}\r\n{signed}"
            f"Content-Length: {len(self._body)}\r\n"
            f"{self._proxy_header}Authorization: {signer.before_signature}"
        )
        self._signature_of = signer.signature_of
