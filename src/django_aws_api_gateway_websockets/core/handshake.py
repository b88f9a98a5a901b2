"""The headers that pass between a client's handshake and the `$connect` integration, both ways.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-connect-route-subprotocol.html
"""

import re
from collections.abc import Container, Iterable, Sequence
from typing import Final

__all__ = [
    "accepts",
    "chosen_subprotocol",
    "forwardable_headers",
    "has_unsafe_value",
    "is_reserved",
]

_TOKEN: Final = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_UNSAFE: Final = re.compile(r"[\x00-\x08\x0a-\x1f\x7f\x85]")

# Hop by hop (RFC 9110, section 7.6.1), or about the message rather than the client. The execution
# log of an HTTP_PROXY `$connect` lacks Connection and Upgrade; REST APIs drop the others.
_NOT_FORWARDED: Final = frozenset(
    {
        "connection",
        "content-length",
        "expect",
        "host",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "via",
    }
)

_GATEWAY_OWN: Final = ("x-forwarded-", "x-amzn-", "x-amz-apigw-")
_GATEWAY_OWN_EXACT: Final = frozenset({"forwarded", "x-real-ip"})


def is_reserved(name: str, mapped: Container[str] = ()) -> bool:
    """Tell whether a client may not set this header, because it would speak for the gateway.

    WSGI turns `X-Forwarded-For` and `X_Forwarded_For` into the same variable, so no header with an
    underscore passes (https://www.djangoproject.com/weblog/2015/jan/13/security/).

    Args:
        mapped: lower-case names of the headers that integrations set themselves.
    """
    lowered = name.lower()
    return (
        "_" in lowered
        or lowered in mapped
        or lowered in _GATEWAY_OWN_EXACT
        or lowered.startswith(_GATEWAY_OWN)
    )


def forwardable_headers(
    headers: Iterable[tuple[str, str]], mapped: Container[str]
) -> list[tuple[str, str]]:
    """The headers of a handshake that its `$connect` integration gets to see."""
    return [
        (name, value)
        for name, value in headers
        if name.lower() not in _NOT_FORWARDED and not is_reserved(name, mapped)
    ]


def has_unsafe_value(headers: Iterable[tuple[str, str]]) -> bool:
    """Tell whether some backend would read a header's value as more than one line."""
    return _UNSAFE.search("".join([value for _, value in headers])) is not None


def accepts(status: int) -> bool:
    """Tell whether the integration's response lets the client in.

    Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-route-keys-connect-disconnect.html
    """
    return 200 <= status < 300  # noqa: PLR2004 - the class of success, RFC 9110 section 15.3.


def chosen_subprotocol(response_headers: Sequence[tuple[str, str]]) -> str | None:
    """The subprotocol a `$connect` integration picked by its own response header.

    API Gateway copies it without comparing it to the client's offer. A value that is not one token
    of RFC 9110 is left out, because it would break the 101.
    """
    for name, value in response_headers:
        if name.lower() == "sec-websocket-protocol" and _TOKEN.fullmatch(value):
            return value
    return None
