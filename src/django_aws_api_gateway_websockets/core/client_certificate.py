"""The certificate that API Gateway shows to backends.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/getting-started-client-side-ssl-authentication.html
"""

from dataclasses import dataclass, field

__all__ = ["ClientCertificate"]


@dataclass(frozen=True, slots=True)
class ClientCertificate:
    """A client certificate with its key, both as PEM."""

    certificate_id: str
    chain: str
    # An error or a log that shows the value must not show the key.
    key: str = field(repr=False)
