"""Everything that can be set about a gateway, fixed once it runs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Final

__all__ = ["LOCAL_CREDENTIALS", "Config"]

LOCAL_CREDENTIALS: Final[Mapping[str, str]] = MappingProxyType({"local": "local"})
"""The access key and secret that every local gateway knows."""


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
    """Where the control plane's state lives across restarts; `None` keeps it in memory."""
    credentials: Mapping[str, str] = field(default_factory=lambda: LOCAL_CREDENTIALS, repr=False)
    """Secret keys by access key that may sign requests."""
    behind_proxy: bool = False
    """Whether a proxy stands in front, which then answers for TLS and for host names."""
    messages_in_flight: int = 16
    """Messages of one connection that backends work on at once; 1 keeps their order."""
    request_timeout_seconds: float = 10.0
    """How long a client may take to send its first request."""
    keep_alive_seconds: float = 75.0
    """How long an HTTP connection may wait for its next request."""
    stop_timeout_seconds: float = 5.0
    """How long stopping waits for the `$disconnect` integrations."""
