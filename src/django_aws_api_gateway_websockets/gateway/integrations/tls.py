"""TLS of the calls to https backends, as the client."""

import ssl
import tempfile

from ...core.client_certificate import ClientCertificate

__all__ = ["tls_context"]


def tls_context(certificate: ClientCertificate | None) -> ssl.SSLContext:
    """Make a context that trusts what the machine trusts.

    Args:
        certificate: the certificate to show to a backend that asks for one; `None` for none.

    Raises:
        OSError: certificate and key cannot be used.
    """
    context = ssl.create_default_context()
    if certificate is not None:
        # OpenSSL's interface in Python takes files only; this one is readable to its owner alone.
        with tempfile.NamedTemporaryFile("w", encoding="ascii", suffix=".pem") as file:
            file.write(f"{certificate.key}{certificate.chain}")
            file.flush()
            context.load_cert_chain(file.name)
    return context
