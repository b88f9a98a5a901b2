"""The rules by which a browser sends the session cookie of a site to a socket.

Source: https://www.rfc-editor.org/rfc/rfc6265#section-5
"""

from typing import Final, NamedTuple
from urllib.parse import urlsplit

from django.conf import settings

from ...core.authority import is_loopback_host

__all__ = ["Withheld", "explain_withheld_cookie"]

_FEWEST_LABELS: Final = 2
"""Labels of a domain that may have cookies, at least: nobody may set one for all of com."""


class Withheld(NamedTuple):
    """The reason for which a browser keeps a cookie from a socket, and the remedy."""

    reason: str
    remedy: str


def explain_withheld_cookie(site: str, socket_url: str) -> Withheld | None:
    """Explain why a browser would keep the session cookie of a site from a socket.

    Args:
        site: origin of the pages.
        socket_url: address of the socket.

    Returns:
        None where the browser sends it.
    """
    page, socket = urlsplit(site), urlsplit(socket_url)
    page_host, socket_host = page.hostname or "", socket.hostname or ""
    domain = (settings.SESSION_COOKIE_DOMAIN or "").lstrip(".").lower()
    if domain and not _is_below(page_host, domain):
        return Withheld(
            f"SESSION_COOKIE_DOMAIN is {domain!r}, and browsers take no such cookie from "
            f"{page_host}",
            "Set SESSION_COOKIE_DOMAIN to a domain that the pages are below.",
        )
    if not (_is_below(socket_host, domain) if domain else socket_host == page_host):
        return _explain_other_host(page_host, socket_host, domain)
    is_open = socket.scheme == "ws" and not is_loopback_host(socket_host)
    if settings.SESSION_COOKIE_SECURE and is_open:
        return Withheld(
            f"SESSION_COOKIE_SECURE is on, and the socket at {socket_host} is not encrypted",
            "Open the socket with wss://, or set SESSION_COOKIE_SECURE = False where nothing is "
            "encrypted.",
        )
    path = settings.SESSION_COOKIE_PATH
    if not _is_on_path(socket.path or "/", path):
        return Withheld(
            f"SESSION_COOKIE_PATH is {path!r}, and the path of the socket is {socket.path!r}",
            'Set SESSION_COOKIE_PATH = "/".',
        )
    return None


def _is_below(host: str, domain: str) -> bool:
    """Tell whether a host is a domain or below it."""
    return host == domain or host.endswith(f".{domain}")


def _explain_other_host(page_host: str, socket_host: str, domain: str) -> Withheld:
    has = f"SESSION_COOKIE_DOMAIN is {domain!r}" if domain else "SESSION_COOKIE_DOMAIN is not set"
    text = (
        f"{has}, so a browser that has logged in at {page_host} sends no session cookie to "
        f"{socket_host}"
    )
    shared = _shared_domain(page_host, socket_host)
    if shared:
        return Withheld(text, f"Set SESSION_COOKIE_DOMAIN = {shared!r}, and log in again.")
    domain = page_host.removeprefix("www.")
    return Withheld(
        text,
        f"Give the API a custom domain below the site's, such as ws.{domain}, and set "
        f"SESSION_COOKIE_DOMAIN = {domain!r}.",
    )


def _shared_domain(one: str, other: str) -> str:
    """Return the longest domain that both hosts are below; "" for none of two labels."""
    shared: list[str] = []
    if one.replace(".", "").isdigit():
        # An IP address is below nothing.
        return ""
    for mine, yours in zip(reversed(one.split(".")), reversed(other.split(".")), strict=False):
        if mine != yours:
            break
        shared.insert(0, mine)
    return ".".join(shared) if len(shared) >= _FEWEST_LABELS else ""


def _is_on_path(path: str, cookie_path: str) -> bool:
    folder = cookie_path if cookie_path.endswith("/") else f"{cookie_path}/"
    return path == cookie_path or path.startswith(folder)
