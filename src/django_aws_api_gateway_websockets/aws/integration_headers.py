"""The headers that our API Gateway adds to each request, and nobody else can.

The secret proves that a request comes from our API Gateway. The header with the client's address
has a name that only this site knows, because API Gateway passes a client's own headers on: with a
well-known name, an API created before this mapping would let clients choose their address.
"""

import re
from typing import Final

from django.conf import settings
from django.utils.crypto import salted_hmac

from ..conf import get_websockets_config
from ..telemetry.current_event import REQUEST_ID_HEADER

__all__ = [
    "GATEWAY_SECRET_HEADER",
    "GATEWAY_SECRET_PATTERN",
    "get_gateway_secrets",
    "get_source_ip_headers",
    "integration_request_parameters",
]

GATEWAY_SECRET_HEADER: Final = "X-Ws-Gateway-Secret"  # noqa: S105 - the name of a header.
GATEWAY_SECRET_PATTERN: Final = re.compile(r"[A-Za-z0-9._~+/=-]{32,}")
"""Pattern a secret must fully match: long enough, and safe inside a mapping expression."""

_SOURCE_IP_PREFIX: Final = "X-Ws-Source-Ip-"
_SOURCE_IP_SALT: Final = "django_aws_api_gateway_websockets.source_ip_header"


def get_gateway_secrets() -> list[str]:
    """Return the accepted secrets, the one API Gateway is to send first; [] when unset."""
    configured = get_websockets_config().get("gateway_secret")
    secrets = configured if isinstance(configured, list | tuple) else [configured]
    return [secret for secret in secrets if isinstance(secret, str) and secret]


def get_source_ip_headers() -> list[str]:
    """Return the names of headers the client's address is read from, the one to be mapped first.

    There is one for each secret key Django accepts, so that a rotation invalidates none.
    """
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return [f"{_SOURCE_IP_PREFIX}{_name_of(key)}" for key in keys]


def integration_request_parameters() -> dict[str, str]:
    """Return the `RequestParameters` of every integration.

    They map the connection id, the client's address, API Gateway's id of the request, and the
    secret where there is one.

    Raises:
        ValueError: the first secret does not match `GATEWAY_SECRET_PATTERN`.

    Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-data-mapping.html
    """
    parameters = {
        "integration.request.header.connectionId": "context.connectionId",
        f"integration.request.header.{get_source_ip_headers()[0]}": "context.identity.sourceIp",
        f"integration.request.header.{REQUEST_ID_HEADER}": "context.requestId",
    }
    if secrets := get_gateway_secrets():
        if not GATEWAY_SECRET_PATTERN.fullmatch(secrets[0]):
            raise ValueError(
                'WEBSOCKETS["gateway_secret"] needs 32 or more of the characters '
                "A-Z a-z 0-9 . _ ~ + / = - and nothing else; look for a newline at its end."
            )
        parameters[f"integration.request.header.{GATEWAY_SECRET_HEADER}"] = f"'{secrets[0]}'"
    return parameters


def _name_of(secret_key: str | bytes) -> str:
    return salted_hmac(_SOURCE_IP_SALT, "", secret=secret_key, algorithm="sha256").hexdigest()[:16]
