"""The authority of a URL or a Host header: a host and perhaps a port, or nothing at all.

`urlsplit` takes the host out of texts that are none: of `[::1].evil.com` it gives `::1`. Code
that compares hosts to let somebody in needs the whole text to be one.
"""

import re
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from typing import Final
from urllib.parse import urlsplit

__all__ = ["Authority", "is_loopback_host", "read_authority", "read_url_authority"]

# Underscores are in no host name of the standards, and in many names of containers.
_NAME: Final = r"[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)*\.?"
_AUTHORITY: Final = re.compile(
    rf"(?:(?P<name>{_NAME})|\[(?P<address>[0-9a-f:.]+)\])(?::(?P<port>[0-9]{{0,5}}))?",
    re.ASCII,
)
_LONGEST_TEXT: Final = 255 + len(":65535")
_LARGEST_PORT: Final = 65535


@dataclass(frozen=True, slots=True)
class Authority:
    """A host with the port that was named beside it."""

    host: str
    """Name or address in lower case, without brackets and without a final dot."""
    port: int | None = None
    """TCP port; None where none was named."""

    @property
    def is_loopback(self) -> bool:
        """True when the host leads to the machine it is used on."""
        return is_loopback_host(self.host)


def read_authority(text: str) -> Authority | None:
    """Read `host`, `host:port`, `[address]` or `[address]:port`; None for every other text.

    User and password are no part of it: nobody may name a host behind an `@`.

    Source: https://www.rfc-editor.org/rfc/rfc3986#section-3.2
    """
    # Lower case of a Kelvin sign is a "k": only ASCII can be a host's text.
    if len(text) > _LONGEST_TEXT or not text.isascii():
        return None
    found = _AUTHORITY.fullmatch(text.lower())
    if found is None:
        return None
    port = int(found["port"]) if found["port"] else None
    if port is not None and port > _LARGEST_PORT:
        return None
    if found["address"] is None:
        return Authority(found["name"].removesuffix("."), port)
    try:
        address = ip_address(found["address"])
    except ValueError:
        return None
    # One text for each address, so that texts can be compared.
    return Authority(str(address), port) if isinstance(address, IPv6Address) else None


def read_url_authority(url: str) -> Authority | None:
    """Read the authority of a URL; None for a URL without one, or with a user name in it."""
    try:
        return read_authority(urlsplit(url).netloc)
    except ValueError:
        return None


def is_loopback_host(host: str) -> bool:
    """Tell whether a host, without port and brackets, leads to the machine it is used on.

    Source: https://www.rfc-editor.org/rfc/rfc6761#section-6.3
    """
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
