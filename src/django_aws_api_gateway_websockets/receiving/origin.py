"""The origin of a request: our API Gateway, a host Django serves, a page of this site."""

from typing import Final

from django.conf import settings
from django.http import HttpRequest
from django.http.request import split_domain_port, validate_host
from django.utils.crypto import constant_time_compare

from ..aws.integration_headers import (
    GATEWAY_SECRET_HEADER,
    GATEWAY_SECRET_PATTERN,
    get_gateway_secrets,
)
from ..conf import get_local_gateway_address, get_websockets_config, uses_local_gateway
from ..core.authority import read_authority
from .event import Event, find_missing_headers
from .hooks import Hooks
from .verdict import Refuse

__all__ = [
    "get_usable_secrets",
    "has_accepted_secret",
    "is_allowed_host",
    "is_origin_of_host",
    "refuse_stranger",
]

_LOOPBACK_HOSTS: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}


def refuse_stranger(view: Hooks, event: Event) -> Refuse | None:
    """Refuse what does not come from an API Gateway of ours; None while that may still be so."""
    if not has_accepted_secret(event.request):
        return Refuse("invalid_gateway_secret")
    required = [*view.required_headers, *view.additional_required_headers]
    # Rows that are not provisioned yet have an empty id: an empty header must not match them.
    if find_missing_headers(event.request, required) or not event.api_id:
        return Refuse("missing_headers")
    if view.aws_api_gateway_id is not None and event.api_id != view.aws_api_gateway_id:
        return Refuse("missing_headers")
    return None


def has_accepted_secret(request: HttpRequest) -> bool:
    """Tell whether the request shows one of the configured secrets, or none is configured.

    All are compared, each in constant time, so that the response's delay tells nothing.
    """
    configured = get_websockets_config().get("gateway_secret")
    if configured is None or configured == "":
        return True
    # Anything else means that there is to be a secret: one that cannot be used opens nothing.
    shown = request.headers.get(GATEWAY_SECRET_HEADER, "")
    matches = [constant_time_compare(shown, secret) for secret in get_usable_secrets()]
    return any(matches)


def get_usable_secrets() -> list[str]:
    """Return the configured secrets that may open anything: a short one could be guessed.

    Application servers run no system checks that would have told.
    """
    return [one for one in get_gateway_secrets() if GATEWAY_SECRET_PATTERN.fullmatch(one)]


def is_allowed_host(request: HttpRequest) -> bool:
    """Tell whether Django would serve the request's Host, by the rules of `ALLOWED_HOSTS`.

    An empty `ALLOWED_HOSTS` leaves the question to Django, which allows loopback names in DEBUG.
    """
    if not settings.ALLOWED_HOSTS:
        return True
    name, _ = split_domain_port(request.headers.get("Host", ""))
    return validate_host(name, settings.ALLOWED_HOSTS)


def _is_page_of_this_machine(host: str) -> bool:
    """Tell whether a page is at a name of this machine, which its local gateway is open to.

    The gateway calls Django at a loopback address, whatever name the page was opened with.
    """
    if not uses_local_gateway() or not get_local_gateway_address().is_exposed:
        return False
    # Any host at all is what a project allows that does not know its own.
    named = [pattern for pattern in settings.ALLOWED_HOSTS if pattern != "*"]
    return validate_host(f"[{host}]" if ":" in host else host, named)


def is_origin_of_host(request: HttpRequest) -> bool:
    """Tell whether the page that opens the socket belongs to this site.

    Its host must be the request's host or a sub-domain of it, and the ports must agree; a Host
    without port stands for the default port of the Origin's scheme. The names of the loopback
    interface are one host, since a developer opens the page by any of them.

    Source: https://www.rfc-editor.org/rfc/rfc6455#section-10.2
    """
    scheme, _, origin_text = request.headers.get("Origin", "").removesuffix("/").partition("://")
    origin = read_authority(origin_text)
    host = read_authority(request.headers.get("Host", ""))
    default_port = _DEFAULT_PORTS.get(scheme.lower())
    if default_port is None or origin is None or host is None:
        return False
    if (origin.port or default_port) != (host.port or default_port):
        return False
    if {origin.host, host.host} <= _LOOPBACK_HOSTS or _is_page_of_this_machine(origin.host):
        return True
    return origin.host == host.host or origin.host.endswith(f".{host.host}")
