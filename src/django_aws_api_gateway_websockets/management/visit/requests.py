"""Requests the doctor makes itself, each with a deadline, and without the library of WebSockets.

A handshake that is to be refused needs no more than HTTP: its response says who has refused it.
"""

import base64
import http.client
import secrets
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from ...core.errors import EndpointError
from ...delivery.endpoint import Endpoint
from ...delivery.http1.proxy import Proxy

__all__ = ["BackendResponse", "find_proxy", "post", "shake_hands", "trust"]

_LONGEST_BODY: Final = 65_536
_PORTS: Final = {"http": 80, "ws": 80, "https": 443, "wss": 443}
_ENCRYPTED: Final = ("https", "wss")

USER_AGENT: Final = "manage.py doctor"


@dataclass(frozen=True, slots=True)
class BackendResponse:
    """A response, without its secrets: cookies that are set are not kept."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode(errors="replace").strip()

    @property
    def location(self) -> str:
        """Address of a redirect, without query; "" for none."""
        return self.headers.get("location", "").partition("?")[0]


def shake_hands(url: str, headers: Mapping[str, str], *, seconds: float) -> BackendResponse:
    """Ask for a WebSocket as a browser does; 101 is a response like any other.

    Args:
        url: ws or wss.
        headers: besides those of the handshake.
        seconds: deadline of each step.

    Raises:
        OSError: nothing responds.

    Source: https://www.rfc-editor.org/rfc/rfc6455#section-4.1
    """
    handshake = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Key": base64.b64encode(secrets.token_bytes(16)).decode(),
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Extensions": "permessage-deflate",
    }
    return _request("GET", url, {**handshake, **headers}, seconds=seconds)


def post(
    url: str, headers: Mapping[str, str], *, body: bytes = b"", seconds: float
) -> BackendResponse:
    """Post to an address, as API Gateway or a page does; redirects are not followed.

    Raises:
        OSError: nothing responds, or it is no address.
        EndpointError: the proxy of the environment is none.
    """
    return _request("POST", url, headers, body=body, seconds=seconds)


def find_proxy(url: str) -> Proxy | None:
    """Return the proxy that the environment names for an encrypted address; None for none.

    Raises:
        EndpointError: the variable is not the URL of a proxy.
    """
    parts = urlsplit(url)
    if parts.scheme not in _ENCRYPTED:
        return None
    # Nothing is signed for it, so that any region does.
    return Proxy.between(Endpoint.parse(f"https://{parts.netloc}", region="us-east-1"))


def trust() -> ssl.SSLContext:
    """Return a context that verifies certificates as browsers do, by those of this machine."""
    return ssl.create_default_context()


def _request(
    method: str, url: str, headers: Mapping[str, str], *, seconds: float, body: bytes = b""
) -> BackendResponse:
    try:
        parts = urlsplit(url)
        connection = _connect(url, seconds)
    except EndpointError:
        # It is about the proxy, in words of its own.
        raise
    except (http.client.InvalidURL, ValueError) as error:
        raise OSError("it is no address that can be called") from error
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        content = {"Content-Length": str(len(body))} if method == "POST" else {}
        named = {"User-Agent": USER_AGENT, **content, **headers}
        connection.request(method, target, body=body or None, headers=named)
        response = connection.getresponse()
        read = (
            b""
            if response.status == http.HTTPStatus.SWITCHING_PROTOCOLS
            else response.read(_LONGEST_BODY)
        )
        kept = {
            name.lower(): value
            for name, value in response.getheaders()
            if name.lower() in {"location", "server", "content-type"}
        }
        return BackendResponse(response.status, read, kept)
    except http.client.RemoteDisconnected:
        # An error of the system, too, in words of its own.
        raise
    except http.client.HTTPException as error:
        raise OSError(f"it does not speak HTTP ({type(error).__name__})") from error
    finally:
        connection.close()


def _connect(url: str, seconds: float) -> http.client.HTTPConnection:
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or _PORTS[parts.scheme]
    if parts.scheme not in _ENCRYPTED:
        return http.client.HTTPConnection(host, port, timeout=seconds)
    if proxy := find_proxy(url):
        tunnel = http.client.HTTPSConnection(
            proxy.host, proxy.port, timeout=seconds, context=trust()
        )
        known = {"Proxy-Authorization": proxy.authorization} if proxy.authorization else {}
        tunnel.set_tunnel(host, port, headers=known)
        return tunnel
    return http.client.HTTPSConnection(host, port, timeout=seconds, context=trust())
