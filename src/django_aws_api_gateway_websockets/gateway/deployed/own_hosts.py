"""The host names a gateway answers to, as a defence against pages with a name of their own.

A page in the developer's browser can point a name of its own at this machine (DNS rebinding). It
would then be same-origin with the gateway, so such a name must not be served. An address cannot be
pointed anywhere else.
"""

from ipaddress import ip_address
from typing import Final

from ...core.authority import is_loopback_host

__all__ = ["OwnHosts"]

_MAX_REMEMBERED: Final = 64


class OwnHosts:
    """The hosts of one gateway.

    Args:
        bound: the host it listens on, served besides loopback names.
        allowed: further names; one that begins with a dot stands for all below it.
        is_exposed: true if other machines can connect, and name the machine by its address.
    """

    def __init__(
        self, bound: str, *, allowed: tuple[str, ...] = (), is_exposed: bool = False
    ) -> None:
        # A browser can ask for 0.0.0.0, and it is nobody's name.
        self._bound = "" if bound in {"0.0.0.0", "::"} else bound.lower()  # noqa: S104 - compared.
        self._allowed = allowed
        self._is_exposed = is_exposed
        self._known: set[str] = set()

    def have(self, host: str) -> bool:
        """Tell whether this host, without port and brackets, is the gateway's."""
        if host in self._known:
            return True
        if not host or not (self._is_name(host) or (self._is_exposed and _is_address(host))):
            return False
        if len(self._known) < _MAX_REMEMBERED:
            self._known.add(host)
        return True

    def _is_name(self, host: str) -> bool:
        is_allowed = any(
            host == name or (name.startswith(".") and f".{host}".endswith(name))
            for name in self._allowed
        )
        return host == self._bound or is_allowed or is_loopback_host(host)


def _is_address(host: str) -> bool:
    try:
        return not ip_address(host).is_unspecified
    except ValueError:
        return False
