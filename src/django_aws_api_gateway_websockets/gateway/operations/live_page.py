"""The files of the live page, with their headers.

The page shows texts of strangers. It inserts them as text and never as markup, and the policy
allows only these files to run or load.
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
    """Return a file of the page; the empty name is the page itself."""
    name = name or "index.html"
    if name not in _TYPES:
        return None
    return HttpResponse(200, (("Content-Type", _TYPES[name]), *_HEADERS), _content(name))


@cache
def _content(name: str) -> bytes:
    return (_FOLDER / name).read_bytes()
