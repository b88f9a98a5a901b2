"""The destination of requests: host to call, proxy on the way, certificates to trust."""

from dataclasses import dataclass
from typing import Self

from ..endpoint import Endpoint
from .proxy import Proxy
from .tls import ca_bundle

__all__ = ["Destination"]


@dataclass(frozen=True, slots=True)
class Destination:
    """The values connections must have in common to be used for each other."""

    host: str
    port: int
    proxy: Proxy | None
    bundle: str | None
    """Path of the certificates to trust; `None` for a destination without TLS."""

    @classmethod
    def of(cls, endpoint: Endpoint) -> Self:
        """Return the destination of an endpoint as the environment is now."""
        bundle = ca_bundle() if endpoint.scheme == "https" else None
        return cls(endpoint.host, endpoint.port, Proxy.between(endpoint), bundle)

    @property
    def called(self) -> tuple[str, int]:
        """Host and port the connection is made to."""
        return (self.proxy.host, self.proxy.port) if self.proxy else (self.host, self.port)

    @property
    def tunnel(self) -> bytes | None:
        """Request that makes the proxy a tunnel; None where none is needed.

        Source: RFC 9110, section 9.3.6.
        """
        if self.proxy is None or self.bundle is None:
            return None
        host = f"[{self.host}]" if ":" in self.host else self.host
        authority = f"{host}:{self.port}"
        head = f"CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n{self.proxy.header}\r\n"
        return head.encode("latin-1")
