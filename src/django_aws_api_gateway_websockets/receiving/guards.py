"""What a request must pass before a view acts on it: one question each, answered without acting."""

import re
from typing import Any, Final
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest
from django.http.request import split_domain_port, validate_host
from django.utils.crypto import constant_time_compare

from ..aws.integration_headers import (
    GATEWAY_SECRET_HEADER,
    GATEWAY_SECRET_PATTERN,
    get_gateway_secrets,
)
from ..conf import get_websockets_config, uses_local_gateway

__all__ = [
    "CONNECTION_ID_PATTERN",
    "has_accepted_secret",
    "is_allowed_host",
    "is_channel_name",
    "is_origin_of_host",
    "missing_headers",
    "source_user",
    "usable_secrets",
]

CONNECTION_ID_PATTERN: Final = re.compile(r"[A-Za-z0-9_=-]{1,128}")
"""Every form of connection id seen from AWS; their length has changed before."""

_LONGEST_CHANNEL_NAME: Final = 128

# PostgreSQL takes no NUL, and half a surrogate pair cannot be encoded.
_UNSTORABLE: Final = re.compile("[\x00\ud800-\udfff]")

_LOOPBACK_HOSTS: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}

# A reverse proxy in front of Django adds this one; on one's own machine there is none.
_PROXY_HEADERS: Final = frozenset({"x-real-ip"})

# Django's test client and some servers leave this out when there is no body.
_ABSENT_WITHOUT_BODY: Final = frozenset({"content-length"})


def has_accepted_secret(request: HttpRequest) -> bool:
    """Whether the request shows one of the configured secrets, or none is configured.

    All are compared, each in constant time, so that the answer's delay tells nothing.
    """
    configured = get_websockets_config().get("gateway_secret")
    if configured is None or configured == "":
        return True
    # Anything else means that there is to be a secret: one that cannot be used opens nothing.
    shown = request.headers.get(GATEWAY_SECRET_HEADER, "")
    matches = [constant_time_compare(shown, secret) for secret in usable_secrets()]
    return any(matches)


def usable_secrets() -> list[str]:
    """The configured secrets that may open anything: a short one could be guessed.

    Application servers run no system checks that would have told.
    """
    return [one for one in get_gateway_secrets() if GATEWAY_SECRET_PATTERN.fullmatch(one)]


def missing_headers(request: HttpRequest, names: list[str]) -> list[str]:
    """Those of `names` the request does not have, as they were given. Only presence counts."""
    excused = set(_ABSENT_WITHOUT_BODY) if not request.body else set()
    if uses_local_gateway():
        excused |= _PROXY_HEADERS
    return [name for name in names if name not in request.headers and name.lower() not in excused]


def is_allowed_host(request: HttpRequest) -> bool:
    """Whether Django would serve the request's Host, by the rules of `ALLOWED_HOSTS`.

    An empty `ALLOWED_HOSTS` leaves the question to Django, which allows loopback names in DEBUG.
    """
    if not settings.ALLOWED_HOSTS:
        return True
    name, _ = split_domain_port(request.headers.get("Host", ""))
    return validate_host(name, settings.ALLOWED_HOSTS)


def is_origin_of_host(request: HttpRequest) -> bool:
    """Whether the page that opens the socket belongs to this site.

    Its host must be the request's host or a sub-domain of it, and the ports must agree; a Host
    without port stands for the default port of the Origin's scheme. The names of the loopback
    interface are one host, since a developer opens the page by any of them.

    Source: https://www.rfc-editor.org/rfc/rfc6455#section-10.2
    """
    try:
        origin = urlsplit(request.headers.get("Origin", ""))
        origin_host, origin_port = origin.hostname or "", origin.port
        host = urlsplit(f"//{request.headers.get('Host', '')}")
        host_name, host_port = host.hostname or "", host.port
    except ValueError:
        return False
    if origin.scheme not in _DEFAULT_PORTS or not origin_host or not host_name:
        return False
    if origin.username is not None or origin.path not in {"", "/"} or origin.query:
        return False
    default_port = _DEFAULT_PORTS[origin.scheme]
    if (origin_port or default_port) != (host_port or default_port):
        return False
    if {origin_host, host_name} <= _LOOPBACK_HOSTS:
        return True
    return origin_host == host_name or origin_host.endswith(f".{host_name}")


def is_channel_name(value: Any, pattern: re.Pattern[str], max_length: int) -> bool:
    """Whether `value` is text that matches the whole pattern and that the database can hold."""
    return (
        isinstance(value, str)
        # Projects of older releases may allow more than the column has held since.
        and len(value) <= min(max_length, _LONGEST_CHANNEL_NAME)
        and not _UNSTORABLE.search(value)
        # A pattern ending in `$` also matches before a final newline; fullmatch does not.
        and pattern.fullmatch(value) is not None
    )


def source_user(request: HttpRequest) -> Any | None:
    """The authenticated user Django found for the request, or None."""
    user = getattr(request, "user", None)
    return user if user is not None and user.is_authenticated else None
