"""All settings of a gateway, fixed once it runs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from types import MappingProxyType
from typing import Final

from .http.occupancy import most_connections
from .http.proxies import Network
from .http.tls import Certificate
from .journal.refusals import RefusalLines
from .weather.settings import Setting

__all__ = ["LOCAL_CREDENTIALS", "MESSAGES_IN_FLIGHT", "Config", "is_loopback"]

LOCAL_CREDENTIALS: Final[Mapping[str, str]] = MappingProxyType({"local": "local"})
"""Access key and secret that every local gateway accepts."""


MESSAGES_IN_FLIGHT: Final = 16
"""Number of messages of one connection that may run at the same time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Settings of one gateway; the defaults are those of the command line."""

    host: str = "127.0.0.1"
    """Address to listen on."""
    port: int = 8001
    """TCP port to listen on; 0 lets the system pick one."""
    region: str = "us-east-1"
    """AWS region the gateway plays, part of its host names and ARNs."""
    clock_speed: float = 1.0
    """Seconds of the gateway's clock in a real second; timeouts of backends stay real seconds."""
    state_file: Path | None = None
    """File that keeps the control plane's state across restarts; `None` keeps it in memory."""
    credentials: Mapping[str, str] = field(default_factory=lambda: LOCAL_CREDENTIALS, repr=False)
    """Secret keys by access key that may sign requests."""
    certificate: Certificate | None = None
    """Certificate for TLS; `None` for plain HTTP."""
    allowed_hosts: tuple[str, ...] = ()
    """Host headers to serve besides loopback names, as `--allow-host` takes them."""
    behind_proxy: bool = False
    """True if a proxy stands in front, which is then responsible for TLS and for host names."""
    proxies: tuple[Network, ...] = ()
    """Networks of that proxy, in addition to this machine."""
    weather: Mapping[str, Setting] = field(default_factory=dict)
    """Switches of the weather that are on."""
    weather_seed: int = 0
    """Seed of the weather's chances."""
    max_connections: int = field(default_factory=most_connections)
    """Connections of all kinds at a time."""
    max_connections_per_address: int = 5000
    """Connections of one address at a time; addresses of this machine may have more."""
    messages_per_second: float = 0.0
    """Messages one connection may send in the long run; 0 for no limit, as on AWS."""
    operator_token: str | None = field(default=None, repr=False)
    """Token for metrics, live page and weather; `None` lets everybody in."""
    access_log_format: str = "json"
    """Format of the access log, for stages without their own: `json`, or a text with variables."""
    refusal_lines: RefusalLines = RefusalLines.ALL
    """Lines about refusals of backends."""
    messages_in_flight: int = MESSAGES_IN_FLIGHT
    """Messages of one connection that backends work on at once; 1 keeps their order."""
    has_quotas: bool = False
    """True if the default quotas of an AWS account count: connects, requests and control calls."""
    request_timeout_seconds: float = 10.0
    """Seconds that a client has to send its first request."""
    keep_alive_seconds: float = 75.0
    """Seconds that an HTTP connection may wait for its next request."""
    message_seconds: float = 30.0
    """Seconds that a client has to send one message."""
    slow_client_seconds: float = 30.0
    """Seconds that a client may leave a full megabyte unread."""
    drain_seconds: float = 1.0
    """Seconds over which stopping spreads the closing of connections."""
    stop_timeout_seconds: float = 5.0
    """Seconds that stopping waits for one thing: backend calls, queued messages, and the
    `$disconnect` integrations since the last one that finished."""

    @property
    def scheme(self) -> str:
        """Return the URL scheme of the port."""
        return "http" if self.certificate is None else "https"

    @property
    def any_host(self) -> bool:
        """Tell whether any Host header is served: then a proxy or the certificate checks the name.

        A page that points a name of its own at this machine fails the browser's certificate check.
        """
        return self.behind_proxy or self.certificate is not None or "*" in self.allowed_hosts

    @property
    def is_exposed(self) -> bool:
        """Tell whether other machines can reach the gateway."""
        return self.behind_proxy or not is_loopback(self.host)


def is_loopback(host: str) -> bool:
    """Tell whether a host leads to this machine only."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
