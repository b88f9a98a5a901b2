"""Advice on a send that cannot work, for errors and log lines.

Nothing here is looked at before something has gone wrong.
"""

import socket
from typing import Final
from urllib.parse import urlsplit

from ..conf import get_local_gateway_address, uses_local_gateway

__all__ = ["address_advice", "listens", "local_gateway_advice", "missing_gateway_advice"]

_PROBE_SECONDS: Final = 0.5


def local_gateway_advice() -> str:
    """Return how to work without AWS, and whether a local gateway listens; "" while it is used."""
    if uses_local_gateway():
        return ""
    try:
        address = get_local_gateway_address()
    except ValueError as error:
        return str(error)
    there = "something" if listens(address.host, address.port) else "nothing"
    return (
        f"The local gateway is off and {there} listens at {address.host}:{address.port}: to work "
        'without AWS, set WEBSOCKETS["local_gateway"] = True and start `manage.py runserver`, '
        "which brings it up, or `manage.py runwebsocketgateway`."
    )


def missing_gateway_advice() -> str:
    """Return how to start the local gateway when nothing listens at its address; "" else."""
    address = get_local_gateway_address()
    if listens(urlsplit(address.url).hostname or "", address.port):
        return ""
    return (
        f"Nothing listens at {address.url}, where sockets are to be opened: start the gateway with "
        "`manage.py runwebsocketgateway`; `manage.py runserver` brings it up by itself."
    )


def address_advice(url: str, stage: str) -> str:
    """Return the error in an address that was refused with 403; "" where its path shows none."""
    parts = urlsplit(url)
    *before, last = parts.path.rstrip("/").split("/")
    if last != stage:
        return ""
    if before[-1:] == [stage]:
        cause = "The address repeats the stage"
    elif before == [""] and ".execute-api." not in parts.netloc:
        cause = "The address ends with the stage, and a custom domain has its stage in its mapping"
    else:
        return ""
    expected = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{'/'.join(before)}"
    return f"{cause}: expected {expected}, got {expected}/{stage}."


def listens(host: str, port: int) -> bool:
    """Tell whether something listens at a port."""
    try:
        socket.create_connection((host, port), timeout=_PROBE_SECONDS).close()
    except OSError:
        return False
    return True
