"""The secret that shows a request is our API Gateway's, and the headers every integration adds."""

import re
from typing import Final

from .conf import get_websockets_config

__all__ = [
    "GATEWAY_SECRET_HEADER",
    "GATEWAY_SECRET_PATTERN",
    "get_gateway_secrets",
    "integration_request_parameters",
]

GATEWAY_SECRET_HEADER: Final = "X-Ws-Gateway-Secret"  # noqa: S105 - the name of a header.
GATEWAY_SECRET_PATTERN: Final = re.compile(r"[A-Za-z0-9._~+/=-]{32,}")
"""What a secret must fully match: long enough, and safe inside a mapping expression."""


def get_gateway_secrets() -> list[str]:
    """The secrets that are accepted, the one API Gateway is to send first; [] when unset."""
    configured = get_websockets_config().get("gateway_secret")
    secrets = configured if isinstance(configured, list | tuple) else [configured]
    return [secret for secret in secrets if isinstance(secret, str) and secret]


def integration_request_parameters() -> dict[str, str]:
    """The `RequestParameters` of every integration: the connection id and, if set, the secret.

    Raises:
        ValueError: the first secret does not match `GATEWAY_SECRET_PATTERN`.

    Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-data-mapping.html
    """
    parameters = {"integration.request.header.connectionId": "context.connectionId"}
    if secrets := get_gateway_secrets():
        if not GATEWAY_SECRET_PATTERN.fullmatch(secrets[0]):
            raise ValueError(
                'WEBSOCKETS["gateway_secret"] needs 32 or more of the characters '
                "A-Z a-z 0-9 . _ ~ + / = - and nothing else; look for a newline at its end."
            )
        parameters[f"integration.request.header.{GATEWAY_SECRET_HEADER}"] = f"'{secrets[0]}'"
    return parameters
