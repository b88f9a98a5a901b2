"""Certificates for tests, made by the openssl of the system."""

import subprocess
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Pair:
    """A certificate that vouches for itself, and its key."""

    chain: Path
    key: Path


def make_certificate(folder: Path, name: str = "gateway", *, password: str = "") -> Pair:
    pair = Pair(folder / f"{name}.pem", folder / f"{name}.key")
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
            *("-days", "2", "-subj", f"/CN={name}"),
            *("-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"),
            *("-keyout", str(pair.key), "-out", str(pair.chain)),
            *(("-passout", f"pass:{password}") if password else ("-noenc",)),
        ],
        check=True,
        capture_output=True,
    )
    return pair
