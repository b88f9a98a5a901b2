"""The gateway's own TLS, 1.2 and 1.3, with a certificate that can be renewed at run time."""

import ssl
from pathlib import Path

from ...core.errors import WebSocketsError

__all__ = ["Certificate", "CertificateError"]


class CertificateError(WebSocketsError):
    """Error for a certificate and a key that cannot be used."""


class Certificate:
    """A certificate chain and its key, in two PEM files.

    Raises:
        CertificateError: a file cannot be read, or the two do not belong together.
    """

    def __init__(self, chain: Path, key: Path) -> None:
        self._chain = chain
        self._key = key
        self.context = self._load()

    def reload(self) -> None:
        """Read the files again, for later handshakes.

        Raises:
            CertificateError: as above; the old certificate stays in use.
        """
        # Into another context first: a chain without its key would damage the one in use.
        self._load()
        self.context.load_cert_chain(self._chain, self._key)

    def _load(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        # A client that offers HTTP/2 as well must learn that this server speaks only HTTP/1.1.
        context.set_alpn_protocols(["http/1.1"])
        try:
            context.load_cert_chain(self._chain, self._key, password=_no_password)
        except (OSError, ValueError) as error:
            reason = getattr(error, "reason", None) or getattr(error, "strerror", None) or error
            raise CertificateError(
                f"The certificate {self._chain} with the key {self._key} cannot be used "
                f"({reason}): give --cert the whole chain and --key its unencrypted key, as PEM."
            ) from error
        return context


def _no_password() -> str:
    """Replace OpenSSL's question at the terminal, which a service cannot answer."""
    raise ValueError("the key is encrypted")
