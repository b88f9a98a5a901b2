"""The endpoint of `@connections` of one stage."""

import re
from dataclasses import dataclass
from typing import Final, Self
from urllib.parse import SplitResult, quote, urlsplit

from ..core.authority import is_loopback_host, read_authority
from ..core.errors import EndpointError

__all__ = ["Endpoint"]

DEFAULT_PORTS: Final = {"http": 80, "https": 443}

_UNPRINTABLE: Final = re.compile(r"[\x00-\x20\x7f]")
_PATH_SAFE: Final = "/%:@-._~!$&'()*+,;="


@dataclass(frozen=True, slots=True)
class Endpoint:
    """The address of one stage's management API, and the region to sign for."""

    scheme: str
    """`http` or `https`."""
    host: str
    """Name or IP address in lower case, an IPv6 address without its brackets."""
    port: int
    base_path: str
    """Path before `/@connections`: the stage, or nothing; it never ends in a slash."""
    region: str

    @classmethod
    def parse(cls, url: str, *, region: str) -> Self:
        """Return the endpoint of a URL such as `https://{api}.execute-api.{region}.amazonaws.com/{stage}`.

        Raises:
            EndpointError: it is not an absolute http(s) URL, or has parts an endpoint cannot have.
        """
        if not region:
            raise EndpointError(
                "Requests cannot be signed without a region: set one, for example us-east-1."
            )
        if _UNPRINTABLE.search(url):
            raise EndpointError(
                f"The endpoint {url!r} has a space or a control character: remove it."
            )
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError as error:
            raise EndpointError(
                f"The endpoint {url!r} is not a URL ({error}): correct it."
            ) from error
        if parts.username is not None:
            # This comes before any text that repeats the URL, which holds a password.
            raise EndpointError("The endpoint has a user name: give credentials to boto3 instead.")
        if parts.scheme not in DEFAULT_PORTS or not parts.hostname:
            raise EndpointError(
                f"The endpoint {url!r} needs the form https://host/stage: correct it."
            )
        if parts.query or parts.fragment:
            raise EndpointError(f"The endpoint {url!r} has a query or a fragment: remove it.")
        return cls(
            scheme=parts.scheme,
            host=_host(parts),
            port=DEFAULT_PORTS[parts.scheme] if port is None else port,
            base_path=quote(parts.path.rstrip("/"), safe=_PATH_SAFE),
            region=region,
        )

    @property
    def authority(self) -> str:
        """Value of the Host header: the port only where it is not the default one."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        """Endpoint as text."""
        return f"{self.scheme}://{self.authority}{self.base_path}"

    @property
    def is_loopback(self) -> bool:
        """Tell whether the endpoint is on this machine."""
        return is_loopback_host(self.host)


def _host(parts: SplitResult) -> str:
    host = parts.hostname or ""
    if host.isascii():
        if read_authority(parts.netloc) is None:
            raise EndpointError(f"The endpoint's host {parts.netloc!r} is none: correct it.")
        return host
    try:
        return host.encode("idna").decode("ascii")
    except UnicodeError as error:
        raise EndpointError(
            f"The endpoint's host {host!r} is not a name of the network: correct it."
        ) from error
