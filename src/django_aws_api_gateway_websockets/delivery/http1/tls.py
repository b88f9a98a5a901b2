"""The certificates that are trusted, chosen as botocore does."""

import os
import ssl
from functools import cache
from pathlib import Path
from typing import Final

from ...core.errors import EndpointError

__all__ = ["RECORD_BYTES", "ca_bundle", "client_context"]

RECORD_BYTES: Final = 16 * 1024
"""Size of a record, which is the most that comes at once (RFC 8446, section 5.1)."""

BUNDLE_VARIABLES: Final = ("AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE")


def ca_bundle() -> str:
    """Return the path of the certificates to trust: the environment's, else those of botocore."""
    for variable in BUNDLE_VARIABLES:
        path = os.environ.get(variable)
        if not path:
            continue
        if not Path(path).exists():
            raise EndpointError(
                f"{variable} names {path!r}, which does not exist: correct or unset it."
            )
        return path
    # All of botocore takes long to import, and a sender without TLS needs none of it.
    from botocore.httpsession import where

    return str(where())


@cache
def client_context(bundle: str) -> ssl.SSLContext:
    """Return a context that verifies certificate and host name against a file or folder.

    Made once for each bundle, because reading one takes some 20 ms.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    is_folder = Path(bundle).is_dir()
    try:
        context.load_verify_locations(
            cafile=None if is_folder else bundle, capath=bundle if is_folder else None
        )
    except OSError as error:
        raise EndpointError(
            f"The certificates in {bundle!r} cannot be read ({error}): correct them."
        ) from error
    return context
