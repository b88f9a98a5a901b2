"""Signed headers, as a client of `@connections` writes them."""

from datetime import UTC, datetime, timedelta

from django_aws_api_gateway_websockets.core.sigv4.sign import (
    Credentials,
    RequestSigner,
    canonical_path,
)


def signed(path, host, **changes):
    options = {
        "region": "us-east-1",
        "service": "execute-api",
        "method": "GET",
        "moment": datetime.now(tz=UTC) - changes.pop("age", timedelta()),
    }
    access_key = changes.pop("access_key", "local")
    signer = RequestSigner(Credentials(access_key, "local"), host=host, **options | changes)
    headers = [*signer.headers, ("Authorization", signer.authorization(canonical_path(path)))]
    return "".join(f"{name}: {value}\r\n" for name, value in headers)
