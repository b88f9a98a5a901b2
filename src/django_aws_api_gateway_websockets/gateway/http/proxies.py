"""The addresses of clients behind a proxy.

`X-Forwarded-For` grows by one address at each hop. Only the last address is from our proxy; a
client can invent everything before it.
"""

from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final, TypeAlias

from ...core.authority import read_authority
from .messages import HttpRequest

__all__ = ["Network", "Proxies", "address_of", "networks_in"]

Network: TypeAlias = IPv4Network | IPv6Network

LOOPBACK: Final[Sequence[Network]] = (ip_network("127.0.0.0/8"), ip_network("::1/128"))


class Proxies:
    """The proxies in front of a gateway.

    Args:
        networks: networks of the proxies, in addition to this machine; `None` if there is no proxy
            and clients connect directly.
    """

    def __init__(self, networks: Iterable[Network] | None) -> None:
        self._networks = None if networks is None else (*LOOPBACK, *networks)

    def admits(self, peer: str) -> bool:
        """Tell whether an address may speak to the gateway at all."""
        return self._networks is None or self._is_proxy(peer)

    def client_of(self, request: HttpRequest, peer: str) -> str:
        """Return the address of the client that made a request."""
        if self._networks is None or not self._is_proxy(peer):
            return peer
        hops = [
            hop.strip()
            for name, value in request.headers
            if name.lower() == "x-forwarded-for"
            for hop in value.split(",")
        ]
        address = address_of(hops[-1]) if hops else None
        return peer if address is None else str(address)

    def _is_proxy(self, peer: str) -> bool:
        address = address_of(peer)
        return address is not None and any(address in network for network in self._networks or ())


def address_of(text: str) -> IPv4Address | IPv6Address | None:
    """Parse an address as sockets and proxies write it, with a port or in brackets."""
    authority = read_authority(text)
    text = text if authority is None else authority.host
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return address if mapped is None else mapped


def networks_in(text: str) -> tuple[Network, ...]:
    """Parse a list of networks with commas.

    Raises:
        ValueError: a part is not a network.
    """
    return tuple(ip_network(part.strip()) for part in text.split(",") if part.strip())
