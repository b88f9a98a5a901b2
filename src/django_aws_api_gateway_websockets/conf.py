"""Every setting of the package: its name, type, default and unit. Read at use, never cached."""

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from django.conf import settings

from .core.authority import is_loopback_host, read_authority

__all__ = [
    "BOOLEAN_DEFAULTS",
    "BROADCAST_DEFAULTS",
    "BROADCAST_WORKERS",
    "CHANNEL_DEFAULTS",
    "DEFAULTS",
    "KNOWN_KEYS",
    "NUMBER_DEFAULTS",
    "OPTIONAL_KEYS",
    "OPTIONAL_NUMBERS",
    "BroadcastPrice",
    "LocalGatewayAddress",
    "get_allowed_integration_hosts",
    "get_boolean_setting",
    "get_broadcast_budget",
    "get_broadcast_price",
    "get_broadcast_rate",
    "get_broadcast_workers",
    "get_endpoint_url",
    "get_local_gateway_address",
    "get_management_endpoint_override",
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

BROADCAST_DEFAULTS: Final[dict[str, int]] = {
    # Seconds after which a range of a queued broadcast is taken from a worker that went silent.
    "broadcast_claim_seconds": 120,
}

CHANNEL_DEFAULTS: Final[dict[str, int]] = {
    # Channels that one connection may have subscribed to.
    "max_channels_per_connection": 128,
}

NUMBER_DEFAULTS: Final = DEFAULTS | BROADCAST_DEFAULTS | CHANNEL_DEFAULTS
"""Numeric settings with their defaults."""

BOOLEAN_DEFAULTS: Final[dict[str, bool]] = {
    # Saving a gateway or a route also changes it in AWS.
    "push_changes_to_aws": True,
    # Count the messages of each connection, with one UPDATE for each.
    "count_messages": True,
    # Use API Gateway on this machine; `runserver` brings it up.
    "local_gateway": False,
}

OPTIONAL_NUMBERS: Final[frozenset[str]] = frozenset(
    {
        # Posts of a broadcast that may begin in a second; unset sets no limit.
        "broadcast_rate_per_second",
        # Units of 32 KB AWS may meter for one broadcast; unset sets no limit.
        "broadcast_budget_units",
    }
)

OPTIONAL_KEYS: Final[frozenset[str]] = frozenset(
    {
        # The secret API Gateway shows us, or several while one is being replaced.
        "gateway_secret",
        # Hosts a gateway may call; unset allows any.
        "allowed_integration_hosts",
        # Address of the AWS APIs to use instead of AWS's own, such as http://127.0.0.1:8001.
        "endpoint_url",
        # Address of @connections to use instead of the API's own, such as https://ws.example.com.
        "management_endpoint_url",
        # Queue of broadcasts: "tasks" for Django's tasks, "celery", unset for a command.
        "broadcast_workers",
        # Price of a million of those units: {"currency": "USD", "per_million_units": "1.00"}.
        "broadcast_price",
        # HOST:PORT at which the local gateway listens.
        "local_gateway_address",
    }
)

KNOWN_KEYS: Final[frozenset[str]] = frozenset(
    {*NUMBER_DEFAULTS, *BOOLEAN_DEFAULTS, *OPTIONAL_NUMBERS, *OPTIONAL_KEYS}
)

BROADCAST_WORKERS: Final = ("tasks", "celery")
"""Queues by the names the setting has. Another one needs a backend in
`sending/broadcast/queue_backends.py`, and its packages in `checks/settings.py`.
"""

_DEFAULT_LOCAL_ADDRESS: Final = "127.0.0.1:8001"
# A server that listens on every address is reached on the loopback one.
_EVERY_ADDRESS: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - compared, not bound.
_LOOPBACK_NAMES: Final = frozenset({"localhost", "127.0.0.1", "[::1]"})

# Counting back more seconds or minutes than this from now would leave the calendar.
_LARGEST_NUMBER: Final = 100_000_000


@dataclass(frozen=True, slots=True)
class BroadcastPrice:
    """The price of AWS's metered units."""

    currency: str
    """Name of the money."""
    per_million_units: Decimal
    """Money for a million units of 32 KB."""


@dataclass(frozen=True, slots=True)
class LocalGatewayAddress:
    """Address the local gateway listens at."""

    host: str
    """Name or address, without brackets."""
    port: int
    """TCP port, 1 to 65535."""

    @property
    def url(self) -> str:
        """Base of every address of the gateway, without a final slash."""
        return f"http://{self._host_in_url}:{self.port}"

    @property
    def is_exposed(self) -> bool:
        """True when other machines can connect."""
        return not is_loopback_host(self.host)

    @property
    def is_everywhere(self) -> bool:
        """True when it listens at every address of the machine, as a container's must."""
        return self.host in _EVERY_ADDRESS

    def as_seen_from(self, visited: str) -> str:
        """Return the base of socket addresses for a page that was opened at this host name.

        Browsers keep cookies by host name, so the socket gets the page's wherever it leads to the
        gateway: the names of the loopback interface do, and all of a machine's when the gateway
        listens at every address.
        """
        is_same = visited and (self.is_everywhere or visited in _LOOPBACK_NAMES)
        host = visited if is_same else self._host_in_url
        return f"ws://{host}:{self.port}"

    @property
    def _host_in_url(self) -> str:
        host = _EVERY_ADDRESS.get(self.host, self.host)
        return f"[{host}]" if ":" in host else host


def get_websockets_config() -> dict[str, Any]:
    """Return the `WEBSOCKETS` setting; anything but a dict, None included, counts as empty."""
    config = getattr(settings, "WEBSOCKETS", None)
    return config if isinstance(config, dict) else {}


def is_positive_int(value: object) -> bool:
    """Tell whether `value` is a usable numeric setting: no boolean, and not absurdly large."""
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= _LARGEST_NUMBER


def get_setting(name: str) -> int:
    """Return a numeric setting; its default if the project's value is no positive whole number.

    Raises:
        KeyError: `name` is not a numeric setting.
    """
    default = NUMBER_DEFAULTS[name]
    value = get_websockets_config().get(name, default)
    return value if is_positive_int(value) else default


def get_boolean_setting(name: str) -> bool:
    """Return a boolean setting; its default if the project's value is neither True nor False.

    Raises:
        KeyError: `name` is not a boolean setting.
    """
    default = BOOLEAN_DEFAULTS[name]
    value = get_websockets_config().get(name, default)
    return value if isinstance(value, bool) else default


def get_broadcast_rate() -> int | None:
    """Return the posts of a broadcast that may begin in a second; None sets no limit."""
    return _optional_number("broadcast_rate_per_second")


def get_broadcast_budget() -> int | None:
    """Return the units of 32 KB AWS may meter for one broadcast; None sets no limit."""
    return _optional_number("broadcast_budget_units")


def get_broadcast_workers() -> str | None:
    """Return the queue of broadcasts: "tasks", "celery", or None for the command alone."""
    value = get_websockets_config().get("broadcast_workers")
    return value if value in BROADCAST_WORKERS else None


def get_broadcast_price() -> BroadcastPrice | None:
    """Return the price of AWS's units; None when it is not set, or not usable."""
    value = get_websockets_config().get("broadcast_price")
    if not isinstance(value, dict):
        return None
    try:
        price = Decimal(str(value.get("per_million_units")))
    except InvalidOperation:
        return None
    if not price.is_finite() or price < 0:
        return None
    return BroadcastPrice(str(value.get("currency", "")), price)


def _optional_number(name: str) -> int | None:
    value = get_websockets_config().get(name)
    return value if is_positive_int(value) else None


def get_allowed_integration_hosts() -> list[str]:
    """Return the host names a gateway may call, in lower case.

    An empty list allows none where the setting is set, and any where it is not.
    """
    value = get_websockets_config().get("allowed_integration_hosts")
    hosts = [value] if isinstance(value, str) else value
    if not isinstance(hosts, list | tuple):
        return []
    return [host.strip().lower() for host in hosts if isinstance(host, str) and host.strip()]


def uses_local_gateway() -> bool:
    """Tell whether the project uses the local gateway in place of AWS."""
    return get_boolean_setting("local_gateway")


def get_local_gateway_address() -> LocalGatewayAddress:
    """Return the address at which the local gateway listens, or is to be started.

    Raises:
        ValueError: the setting is not HOST:PORT.
    """
    value = get_websockets_config().get("local_gateway_address", _DEFAULT_LOCAL_ADDRESS)
    authority = read_authority(value) if isinstance(value, str) else None
    if authority is None or not authority.port:
        raise ValueError(
            'WEBSOCKETS["local_gateway_address"] must be HOST:PORT, such as '
            f'"{_DEFAULT_LOCAL_ADDRESS}".'
        )
    return LocalGatewayAddress(host=authority.host, port=authority.port)


def get_endpoint_url() -> str | None:
    """Return the base address of the AWS APIs; None when the project uses AWS's own.

    `WEBSOCKETS["endpoint_url"]` comes first, then the local gateway.
    The standard variables `AWS_ENDPOINT_URL…` are left to botocore, which reads them itself.
    """
    configured = get_websockets_config().get("endpoint_url")
    if isinstance(configured, str) and configured:
        return configured.rstrip("/")
    return get_local_gateway_address().url if uses_local_gateway() else None


def get_management_endpoint_override(*, api_id: str, stage: str) -> str | None:
    """Return the address the project has set for `@connections` of this stage, or None.

    The local gateway has addresses of its own: while it is on, this setting does not count.
    """
    configured = get_websockets_config().get("management_endpoint_url")
    if uses_local_gateway() or not isinstance(configured, str) or not configured:
        return None
    return configured.rstrip("/").replace("{api_id}", api_id).replace("{stage}", stage)
