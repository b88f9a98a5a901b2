"""The secrets between Django and the local gateway it has started.

On loopback there are none: whoever can connect is the developer. Where other machines can connect,
both secrets come from `SECRET_KEY`, so that every process of the project knows them unasked.
"""

import os
from typing import Final

from django.conf import settings
from django.utils.crypto import salted_hmac

from ..conf import get_local_gateway_address

__all__ = ["LOCAL_KEY", "OPERATOR_TOKEN_VARIABLE", "get_local_secret", "get_operator_token"]

LOCAL_KEY: Final = "local"
"""Access key of every request to a local gateway; also the secret of one on loopback."""

OPERATOR_TOKEN_VARIABLE: Final = "WEBSOCKET_GATEWAY_TOKEN"  # noqa: S105 - the variable that has it.

_SALT: Final = "django_aws_api_gateway_websockets.local_gateway"


def get_local_secret() -> str:
    """Return the secret Django signs with for the local gateway."""
    if not get_local_gateway_address().is_exposed:
        return LOCAL_KEY
    return _derive("signing")


def get_operator_token() -> str:
    """Return the token that opens the live page of a gateway other machines can reach."""
    return os.environ.get(OPERATOR_TOKEN_VARIABLE) or _derive("live page")[:32]


def _derive(purpose: str) -> str:
    key = settings.SECRET_KEY
    return salted_hmac(f"{_SALT}.{purpose}", "", secret=key, algorithm="sha256").hexdigest()
