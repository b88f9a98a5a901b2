"""What arrives: the event API Gateway posts to a view, read into values."""

import inspect
import ipaddress
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from django.http import HttpRequest
from django.http.request import RawPostDataException, UnreadablePostError

from ..aws.integration_headers import get_source_ip_headers

__all__ = [
    "API_ID_HEADER",
    "CONNECTION_ID_HEADER",
    "UNKNOWN_ADDRESS",
    "Body",
    "choose_handler",
    "client_address",
    "defined_handlers",
    "find_unknown_handler",
    "read_body",
]

API_ID_HEADER: Final = "X-Amzn-Apigateway-Api-Id"
CONNECTION_ID_HEADER: Final = "Connectionid"
UNKNOWN_ADDRESS: Final = "0.0.0.0"  # noqa: S104 - a placeholder in the database, nothing binds to it.
DEFAULT_HANDLER: Final = "default"


@dataclass(frozen=True, slots=True)
class Body:
    """The message of a request."""

    values: dict[str, Any]
    """The JSON object that was sent; empty when there was none."""
    problem: str = ""
    """Why it is empty, in words for the debug log; "" when nothing is wrong."""


def read_body(request: HttpRequest, max_bytes: int) -> Body:
    """The JSON object in the request's body; anything else reads as empty, with the problem named.

    Args:
        request: as API Gateway posts it.
        max_bytes: larger bodies are not parsed.
    """
    try:
        raw = request.body
    except (UnreadablePostError, RawPostDataException, OSError):
        return Body({}, "Request body could not be read")
    if not raw:
        return Body({})
    if len(raw) > max_bytes:
        return Body({}, "Request body too large")
    try:
        values = json.loads(raw)
    except (ValueError, RecursionError):
        # UnicodeDecodeError is a ValueError; RecursionError is what deep nesting ends in.
        return Body({}, "Body is invalid JSON")
    return Body(values) if isinstance(values, dict) else Body({}, "Body is not a JSON object")


def client_address(request: HttpRequest) -> tuple[str, str]:
    """The address of the client and, where it is not known, the problem in words.

    API Gateway states it in a header of ours. APIs created before that header was mapped only have
    `X-Forwarded-For`, whose first entry is the client's own word: update their integrations.
    """
    headers = request.headers
    mapped = (headers[name] for name in get_source_ip_headers() if name in headers)
    forwarded = headers.get("X-Forwarded-For", "").split(",")[0]
    stated = next(mapped, forwarded).strip() or request.META.get("REMOTE_ADDR", "")
    try:
        address = ipaddress.ip_address(_without_port(stated))
    except ValueError:
        address = None
    # A scope, as in fe80::1%eth0, is a name of any length within one network: nobody's address.
    if address is None or "%" in stated:
        return UNKNOWN_ADDRESS, f"Invalid IP address: {stated[:50]}"
    return str(address), ""


def _without_port(address: str) -> str:
    """`203.0.113.7` of `203.0.113.7:4711`, as some load balancers write it; of IPv6 in brackets."""
    if address.startswith("["):
        return address[1:].partition("]")[0]
    # More than one colon is an IPv6 address without port.
    return address.partition(":")[0] if address.count(":") == 1 else address


def choose_handler(values: dict[str, Any], keys: Iterable[str], allowed: frozenset[str]) -> str:
    """Name of the method a message is for: the first key that names an allowed one, else `default`.

    Args:
        values: the message.
        keys: where the name may stand, in order of precedence.
        allowed: names clients may call.
    """
    for key in keys:
        value = values.get(key)
        name = str(value) if value else ""
        # A private method stays private even when a project lists it.
        if name in allowed and not name.startswith("_"):
            return name
    return DEFAULT_HANDLER


def find_unknown_handler(
    values: dict[str, Any], keys: Iterable[str], allowed: frozenset[str]
) -> str:
    """The name in a message that is nobody's, where `choose_handler` makes do with `default`.

    Args:
        values: the message.
        keys: where the name may stand, in order of precedence.
        allowed: names clients may call.

    Returns:
        "" when the message names `default` itself, or none at all.
    """
    named = [str(values[key]) for key in keys if values.get(key)]
    if any(name in allowed and not name.startswith("_") for name in named):
        return ""
    return next((name for name in named if name != DEFAULT_HANDLER), "")


@lru_cache(maxsize=256)
def defined_handlers(
    view_class: type, base_class: type, exposable: frozenset[str]
) -> frozenset[str]:
    """Names of the functions `view_class` itself defines for clients to call.

    Inherited methods do not count, and neither does anything `base_class` has under that name:
    a project that overrides `setup` must not thereby let clients call it.

    Args:
        view_class: the project's view.
        base_class: the view of this package.
        exposable: names of `base_class` that count when `view_class` defines them.
    """
    reserved = {name for name in dir(base_class) if name not in exposable}
    return frozenset(
        name
        for name, member in vars(view_class).items()
        if not name.startswith("_") and name not in reserved and _is_function(member)
    )


def _is_function(member: object) -> bool:
    function: object | Callable[..., Any] = member
    if isinstance(member, staticmethod):
        function = member.__func__
    return inspect.isfunction(function)
