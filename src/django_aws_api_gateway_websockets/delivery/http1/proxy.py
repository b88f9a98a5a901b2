"""The proxy between us and an endpoint, from HTTPS_PROXY, HTTP_PROXY and NO_PROXY."""

from base64 import b64encode
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

from ...core.authority import read_authority
from ...core.errors import EndpointError
from ..endpoint import Endpoint

__all__ = ["Proxy"]


@dataclass(frozen=True, slots=True)
class Proxy:
    """An HTTP proxy: tunnels to https endpoints with CONNECT, forwards to http ones."""

    host: str
    port: int
    authorization: str | None = field(default=None, repr=False)
    """Value of the Proxy-Authorization header."""

    @classmethod
    def between(cls, endpoint: Endpoint) -> Self | None:
        """Return the proxy the environment asks for; there is none to this machine itself.

        Raises:
            EndpointError: the variable is not the URL of an HTTP proxy.
        """
        if endpoint.is_loopback:
            return None
        proxies = getproxies()
        url = proxies.get(endpoint.scheme) or proxies.get("all")
        if not url or proxy_bypass(f"{endpoint.host}:{endpoint.port}"):
            return None
        return cls.parse(url)

    @classmethod
    def parse(cls, url: str) -> Self:
        """Return the proxy at `http://[user:password@]host[:port]`; the scheme may be left out."""
        try:
            parts = urlsplit(url if "://" in url else f"http://{url}")
            port = parts.port or 80
        except ValueError as error:
            raise EndpointError(
                "The proxy in the environment is not a URL: correct HTTPS_PROXY."
            ) from error
        authority = read_authority(parts.netloc.rpartition("@")[2])
        if parts.scheme != "http" or authority is None:
            raise EndpointError(
                "The proxy in the environment is not a plain HTTP one: correct "
                "HTTPS_PROXY, or list the endpoint's host in NO_PROXY."
            )
        authorization = None
        if parts.username is not None:
            user = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
            octets = user.encode("utf-8", "surrogateescape")
            authorization = f"Basic {b64encode(octets).decode()}"
        return cls(authority.host, port, authorization)

    @property
    def header(self) -> str:
        """Header line that identifies us to the proxy, or nothing."""
        return f"Proxy-Authorization: {self.authorization}\r\n" if self.authorization else ""
