"""Certificates for tests, made by the openssl of the system."""

import ssl
import subprocess
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Pair:
    """A certificate that vouches for itself, and its key."""

    chain: Path
    key: Path


NAMES = "DNS:localhost,IP:127.0.0.1"


def make_certificate(
    folder: Path, name: str = "gateway", *, password: str = "", names: str = NAMES
) -> Pair:
    pair = Pair(folder / f"{name}.pem", folder / f"{name}.key")
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
            *("-days", "2", "-subj", f"/CN={name}"),
            *("-addext", f"subjectAltName={names}"),
            *("-keyout", str(pair.key), "-out", str(pair.chain)),
            *(("-passout", f"pass:{password}") if password else ("-noenc",)),
        ],
        check=True,
        capture_output=True,
    )
    return pair


def asking_context(pair: Pair, *trusted: str, mode: ssl.VerifyMode) -> ssl.SSLContext:
    """TLS of a server that asks its clients for one of these certificates."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair.chain, pair.key)
    context.load_verify_locations(cadata="".join(trusted))
    context.verify_mode = mode
    return context


def expire(pair: Pair, names: str = NAMES) -> None:
    """Put a certificate of the same key in place of this one, which ended yesterday."""
    extensions = pair.chain.with_suffix(".ext")
    extensions.write_text(
        f"subjectAltName={names}\nbasicConstraints=critical,CA:TRUE\n"
        "subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n"
    )
    request = pair.chain.with_suffix(".csr")
    made = ("openssl", "req", "-new", "-key", str(pair.key), "-subj", "/CN=expired")
    signed = ("openssl", "x509", "-req", "-in", str(request), "-signkey", str(pair.key))
    ends = ("-days", "-1", "-extfile", str(extensions), "-out", str(pair.chain))
    subprocess.run([*made, "-out", str(request)], check=True, capture_output=True)
    subprocess.run([*signed, *ends], check=True, capture_output=True)
