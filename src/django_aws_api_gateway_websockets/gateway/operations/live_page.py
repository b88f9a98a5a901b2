"""The files of the live page, and the headers they travel with.

What the page shows comes from strangers. It puts text where text belongs and markup nowhere, and
the policy lets nothing run or load that is not one of these files.
"""

from functools import cache
from pathlib import Path
from typing import Final

from ..http.messages import HttpResponse

__all__ = ["page_file"]

_FOLDER: Final = Path(__file__).parent / "live"
_TYPES: Final = {
    "index.html": "text/html; charset=utf-8",
    "live.css": "text/css; charset=utf-8",
    "live.js": "text/javascript; charset=utf-8",
}
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS: Final = (
    ("Content-Security-Policy", _POLICY),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "no-referrer"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Cache-Control", "no-store"),
)


def page_file(name: str) -> HttpResponse | None:
    """A file of the page; the empty name is the page itself."""
    name = name or "index.html"
    if name not in _TYPES:
        return None
    return HttpResponse(200, (("Content-Type", _TYPES[name]), *_HEADERS), _content(name))


@cache
def _content(name: str) -> bytes:
    return (_FOLDER / name).read_bytes()
