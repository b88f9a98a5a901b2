"""The mistake that costs every beginner an hour: a page and its socket at two names of one machine.

Only the gateway sees both names. Django is called at a third one.
"""

from ...core.authority import read_authority
from ...core.events.event import Handshake

__all__ = ["explain_hosts"]


def explain_hosts(handshake: Handshake, socket_host: str) -> str:
    """Say that the page's cookies did not come along because its host has another name; "" else.

    Args:
        handshake: as the browser sent it.
        socket_host: name it was sent to, without port.
    """
    headers = {name.lower(): value for name, value in handshake.headers}
    page = read_authority(headers.get("origin", "").partition("://")[2])
    if page is None or "cookie" in headers or page.host == socket_host:
        return ""
    return (
        f"The page is at {page.host} and opened its socket at {socket_host}: browsers keep cookies "
        f"by host name, so none came along. Open the socket at {page.host}, or the page at "
        f"{socket_host}."
    )
