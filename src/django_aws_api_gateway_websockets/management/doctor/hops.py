"""All hops in the order of the way; those that may take long come last."""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Final

from . import address, backend, control_plane, credentials, login, messages, project, sockets
from .hop import Hop

__all__ = ["HOPS", "UnknownHopError", "select_hops"]

HOPS: Final[tuple[Hop, ...]] = (
    *project.HOPS,
    *credentials.HOPS,
    *control_plane.HOPS,
    *address.HOPS,
    *backend.HOPS,
    *login.HOPS,
    *sockets.HOPS,
    *messages.HOPS,
    sockets.DISCONNECT,
)

_BY_NAME: Final = {hop.name: hop for hop in HOPS}


class UnknownHopError(LookupError):
    """No hop has the name that was asked for; the text names those there are."""


def select_hops(names: Iterable[str]) -> list[Hop]:
    """Return the hops of these names with all that they need, in order; all hops for no names.

    Raises:
        UnknownHopError: one of the names is none.
    """
    wanted: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in _BY_NAME:
            raise UnknownHopError(_explain_unknown(name))
        if name not in wanted:
            wanted.add(name)
            waiting += _BY_NAME[name].needs
    return [hop for hop in HOPS if not wanted or hop.name in wanted]


def _explain_unknown(name: str) -> str:
    close = get_close_matches(name, _BY_NAME, n=1)
    hint = f" Did you mean {close[0]}?" if close else ""
    return f"There is no hop {name!r}.{hint} `python manage.py doctor --list` names them all."
