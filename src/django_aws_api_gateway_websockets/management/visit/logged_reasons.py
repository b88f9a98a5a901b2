"""The reason for a refusal as Django's log has it, which the local gateway has been told.

On AWS it stands in Django's log alone.
"""

import json
import urllib.request
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import urlsplit

from ...aws.local_credentials import get_operator_token
from ...conf import get_local_gateway_address, uses_local_gateway

__all__ = ["find_logged_reason"]

_SECONDS: Final = 2.0
_LONGEST: Final = 8 * 1024 * 1024


def find_logged_reason(url: str, status: int) -> str:
    """Find the reason of the newest connect to an address that was refused with a status.

    Args:
        url: address of the socket.
        status: of the response.

    Returns:
        "" where nobody knows it.
    """
    if not uses_local_gateway():
        return ""
    path = urlsplit(url).path
    for item in reversed(_happenings()):
        if item.get("kind") == "connect" and item.get("status") == status:
            target = str(item.get("text", "")).rpartition(" ")[2]
            if target.partition("?")[0] == path:
                return str(item.get("error", "")).rstrip(".")
    return ""


def _happenings() -> list[dict[str, Any]]:
    """Return what has happened at the local gateway lately; nothing where it does not say."""
    request = urllib.request.Request(  # noqa: S310 - the address of our own gateway.
        f"{get_local_gateway_address().url}/_gateway/events",
        headers={"Authorization": f"Bearer {get_operator_token()}"},
    )
    # No proxy of the environment stands between this machine and itself.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=_SECONDS) as response:
            items: list[dict[str, Any]] = next(_read_happenings(response), [])
            return items
    except (OSError, ValueError, LookupError, TypeError):
        return []


def _read_happenings(response: Any) -> Iterator[list[dict[str, Any]]]:
    """Yield the items of each event of that name, from a stream that does not end by itself."""
    name, read = "", 0
    for line in response:
        read += len(line)
        if read > _LONGEST:
            return
        field, _, value = line.decode(errors="replace").strip().partition(": ")
        if field == "event":
            name = value
        elif field == "data" and name == "happenings":
            yield json.loads(value)["items"]
