"""Every setting of the package: its name, type, default and unit. Read at use, never cached."""

from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from django.conf import settings

__all__ = [
    "BOOLEAN_DEFAULTS",
    "DEFAULTS",
    "KNOWN_KEYS",
    "OPTIONAL_KEYS",
    "LocalGatewayAddress",
    "get_allowed_integration_hosts",
    "get_boolean_setting",
    "get_endpoint_url",
    "get_local_gateway_address",
    "get_setting",
    "get_websockets_config",
    "is_positive_int",
    "uses_local_gateway",
]

DEFAULTS: Final[dict[str, int]] = {
    # One-time tokens a user may request within a minute.
    "token_rate_limit_per_minute": 20,
    # Seconds for which a one-time token is accepted.
    "token_expiry_seconds": 60,
    # Connection attempts from one address, or by one user, within the window.
    "rate_limit_max_attempts": 20,
    # Length of that window in minutes.
    "rate_limit_window_minutes": 1,
}

BOOLEAN_DEFAULTS: Final[dict[str, bool]] = {
    # Saving a gateway or a route also changes it in AWS.
    "push_changes_to_aws": True,
    # Use API Gateway on this machine; `runserver` brings it up.
    "local_gateway": False,
}

OPTIONAL_KEYS: Final[frozenset[str]] = frozenset(
    {
        # The secret API Gateway shows us, or several while one is being replaced.
        "gateway_secret",
        # Hosts a gateway may call; unset allows any.
        "allowed_integration_hosts",
        # Address of the AWS APIs to use instead of AWS's own, such as http://127.0.0.1:8001.
        "endpoint_url",
        # HOST:PORT at which the local gateway listens.
        "local_gateway_address",
    }
)

KNOWN_KEYS: Final[frozenset[str]] = frozenset({*DEFAULTS, *BOOLEAN_DEFAULTS, *OPTIONAL_KEYS})

_DEFAULT_LOCAL_ADDRESS: Final = "127.0.0.1:8001"
_LOOPBACK_NAMES: Final = frozenset({"localhost", "127.0.0.1", "[::1]"})

# More seconds or minutes than this, counted back from now, would be before the calendar begins.
_LARGEST_NUMBER: Final = 100_000_000


@dataclass(frozen=True, slots=True)
class LocalGatewayAddress:
    """Where the local gateway listens."""

    host: str
    """Name or address, without brackets."""
    port: int
    """TCP port, 1 to 65535."""

    @property
    def url(self) -> str:
        """Base of every address of the gateway, without a final slash."""
        return f"http://{self._host_in_url}:{self.port}"

    def as_seen_from(self, visited: str) -> str:
        """Base of socket addresses for a page that was opened at this host name.

        The names of the loopback interface stand for each other, and browsers keep cookies by name.
        """
        host = visited if visited in _LOOPBACK_NAMES else self._host_in_url
        return f"ws://{host}:{self.port}"

    @property
    def _host_in_url(self) -> str:
        return f"[{self.host}]" if ":" in self.host else self.host


def get_websockets_config() -> dict[str, Any]:
    """The `WEBSOCKETS` setting; an absent one, None, or anything but a dict counts as empty."""
    config = getattr(settings, "WEBSOCKETS", None)
    return config if isinstance(config, dict) else {}


def is_positive_int(value: object) -> bool:
    """Whether `value` serves as a numeric setting; True and False do not, nor do absurd numbers."""
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= _LARGEST_NUMBER


def get_setting(name: str) -> int:
    """A numeric setting, or its default where the project's value is no whole number above zero.

    Raises:
        KeyError: `name` is not a numeric setting.
    """
    default = DEFAULTS[name]
    value = get_websockets_config().get(name, default)
    return value if is_positive_int(value) else default


def get_boolean_setting(name: str) -> bool:
    """A boolean setting, or its default where the project's value is neither True nor False.

    Raises:
        KeyError: `name` is not a boolean setting.
    """
    default = BOOLEAN_DEFAULTS[name]
    value = get_websockets_config().get(name, default)
    return value if isinstance(value, bool) else default


def get_allowed_integration_hosts() -> list[str]:
    """Host names a gateway may be pointed at, lower case; empty allows any."""
    value = get_websockets_config().get("allowed_integration_hosts")
    hosts = [value] if isinstance(value, str) else value
    if not isinstance(hosts, list | tuple):
        return []
    return [host.strip().lower() for host in hosts if isinstance(host, str) and host.strip()]


def uses_local_gateway() -> bool:
    """Whether the project runs against API Gateway on this machine."""
    return get_boolean_setting("local_gateway")


def get_local_gateway_address() -> LocalGatewayAddress:
    """Where the local gateway listens, or is to be started.

    Raises:
        ValueError: the setting is not HOST:PORT.
    """
    value = get_websockets_config().get("local_gateway_address", _DEFAULT_LOCAL_ADDRESS)
    parts = urlsplit(f"//{value}" if isinstance(value, str) else "")
    try:
        port = parts.port
    except ValueError:
        port = None
    if not parts.hostname or not port or parts.path:
        raise ValueError(
            'WEBSOCKETS["local_gateway_address"] must be HOST:PORT, such as '
            f'"{_DEFAULT_LOCAL_ADDRESS}".'
        )
    return LocalGatewayAddress(host=parts.hostname, port=port)


def get_endpoint_url() -> str | None:
    """Base address of the AWS APIs when the project does not use AWS's own; None when it does.

    `WEBSOCKETS["endpoint_url"]` comes first, then the local gateway.
    The standard variables `AWS_ENDPOINT_URL…` are left to botocore, which reads them itself.
    """
    configured = get_websockets_config().get("endpoint_url")
    if isinstance(configured, str) and configured:
        return configured.rstrip("/")
    return get_local_gateway_address().url if uses_local_gateway() else None
