"""The Django a local gateway calls, in place of whatever host a record names.

A record made for production names production's host. The gateway on this machine would call it,
with the cookies of whoever tries the page here.
"""

import json
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit, urlunsplit

from ..aws.local_credentials import get_operator_token
from ..conf import get_endpoint_url, uses_local_gateway
from ..core.authority import read_url_authority

__all__ = ["GatewayProject", "address_called", "read_project", "relocate", "write_project"]

USUAL_BACKEND: Final = "http://127.0.0.1:8000"
"""Address of `runserver` when nobody says another."""

_SECONDS: Final = 2.0


@dataclass(frozen=True, slots=True)
class GatewayProject:
    """The project a gateway was started for."""

    id: str = ""
    """Text that differs between projects; "" for a gateway that was started by itself."""
    name: str = ""
    """Name for people."""
    backend: str = ""
    """Scheme, host and port at which the project's Django responds; "" when nobody has said."""


def address_called(url: str) -> str:
    """Return the URL that the API of a record is to call.

    That is `url` itself in AWS. With the local gateway it is the same path at the Django that the
    gateway was started for. A gateway that was started by itself leaves hosts of this machine and
    of its containers as they are.
    """
    if not url or not uses_local_gateway():
        return url
    project = read_project(get_endpoint_url() or "")
    if project is not None and project.backend:
        return relocate(url, project.backend)
    return url if _is_nearby(url) else relocate(url, USUAL_BACKEND)


def relocate(url: str, backend_url: str) -> str:
    """Return `url` with scheme, host and port of `backend_url`."""
    backend = urlsplit(backend_url)
    return urlunsplit(urlsplit(url)._replace(scheme=backend.scheme, netloc=backend.netloc))


def read_project(gateway_url: str, *, seconds: float = _SECONDS) -> GatewayProject | None:
    """Return what the gateway at this address knows of its project; None when none responds."""
    request = urllib.request.Request(f"{gateway_url}/_gateway/project")  # noqa: S310 - as below.
    return _ask(request, seconds)


def write_project(gateway_url: str, project: GatewayProject) -> None:
    """Tell the gateway at this address for which project it runs."""
    texts = {"id": project.id, "name": project.name, "backend": project.backend}
    headers = {"Content-Type": "application/json"}
    _ask(
        urllib.request.Request(  # noqa: S310 - the address of our own gateway.
            f"{gateway_url}/_gateway/project", json.dumps(texts).encode(), headers, method="PUT"
        )
    )


def _is_nearby(url: str) -> bool:
    authority = read_url_authority(url)
    if authority is None:
        return False
    # Names of containers have no dot, and public ones have.
    is_container = "." not in authority.host and ":" not in authority.host
    return authority.is_loopback or is_container


def _ask(request: urllib.request.Request, seconds: float = _SECONDS) -> GatewayProject | None:
    request.add_header("Authorization", f"Bearer {get_operator_token()}")
    # No proxy of the environment stands between this machine and itself.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=seconds) as response:
            texts = json.loads(response.read())
        return GatewayProject(**{name: str(text) for name, text in texts.items()})
    except (OSError, ValueError, TypeError, AttributeError):
        # Nothing there, or something that is no gateway of ours.
        return None
