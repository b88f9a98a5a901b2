"""Client certificates: X.509, good for a year, and signed by themselves, as AWS's are.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/getting-started-client-side-ssl-authentication.html
"""

from datetime import datetime, timedelta
from typing import Final, NamedTuple

from ..records import JsonObject, bad_request

__all__ = ["NewCertificate", "make_certificate"]

LIFE: Final = timedelta(days=365)
_NAME: Final = "ApiGateway"


class NewCertificate(NamedTuple):
    """A certificate that has just been made."""

    members: JsonObject
    """Its members in responses."""
    key: str
    """Its key as PEM, which nobody is told."""


def make_certificate(now: datetime) -> NewCertificate:
    """Make a certificate.

    Its key is of the curve P-256, which takes no time to make: a key of RSA would hold up every
    connection of the gateway.

    Args:
        now: the real time, because backends judge by theirs.

    Raises:
        ControlError: the package that makes certificates is not installed.
    """
    start = now.replace(microsecond=0)
    try:
        certificate, key = _signed_by_itself(start)
    except ImportError:
        raise bad_request(
            "GenerateClientCertificate needs the Python package cryptography, which is not "
            "installed where the gateway runs: pip install cryptography"
        ) from None
    members = {
        "pemEncodedCertificate": certificate,
        "createdDate": int(start.timestamp()),
        "expirationDate": int((start + LIFE).timestamp()),
    }
    return NewCertificate(members, key)


def _signed_by_itself(start: datetime) -> tuple[str, str]:
    """Return a new certificate and its key, both as PEM."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    public_key = key.public_key()
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, _NAME)])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + LIFE)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([x509.OID_CLIENT_AUTH]), critical=False)
        # All have one name: by these a backend that trusts two of them tells which is shown.
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(public_key), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    encoding = serialization.Encoding.PEM
    key_pem = key.private_bytes(
        encoding, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return certificate.public_bytes(encoding).decode("ascii"), key_pem.decode("ascii")
