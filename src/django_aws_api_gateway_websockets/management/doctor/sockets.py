"""Hops of a socket: its handshake, its row, and its end."""

import time
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import urlencode

from django.db import router

from ...models import ConnectionRateLimit, WebSocketSession
from ...receiving.event import TOKEN_PARAMETER
from ..visit.sockets import INSTALL, HandshakeRefusedError, LibraryMissingError
from .backend import HANDSHAKE_SECONDS
from .case import Case
from .explanations import explain_refused_connect
from .finding import Finding, broken, warning, well
from .hop import PROMPT_SECONDS, Hop
from .talk import Talk

__all__ = ["DISCONNECT", "HOPS", "get_sessions"]

_POLL_SECONDS: Final = 0.05
_DISCONNECT_SECONDS: Final = 6.0
"""Closing takes a second of them at most."""


def look_at_socket(case: Case) -> Finding:
    """Open a socket, as a page of the site does."""
    case.last_session = _newest(get_sessions())
    case.cleaning.callback(_delete_attempts, case, _newest(ConnectionRateLimit.objects.all()))
    query = {TOKEN_PARAMETER: case.visitor.token, "channel": case.options.channel}
    wanted = urlencode({name: value for name, value in query.items() if value})
    url = f"{case.socket_url}?{wanted}" if wanted else case.socket_url
    case.take_time()
    try:
        case.talk = Talk(
            url, origin=case.site, cookie=case.visitor.cookie, seconds=HANDSHAKE_SECONDS
        )
    except LibraryMissingError:
        return warning(
            "Skipped: the library websockets is not installed, so no socket can be opened.",
            INSTALL,
            stops="no socket can be opened without the library websockets",
        )
    except HandshakeRefusedError as refused:
        return explain_refused_connect(case, refused)
    except OSError as error:
        said = "no answer" if isinstance(error, TimeoutError) else str(error)
        return broken(
            f"The handshake came to nothing within {HANDSHAKE_SECONDS:g} s: {said}.",
            "Look at Django's log: the view's connect() may be slow.",
        )
    case.cleaning.callback(case.talk.close)
    return well("The socket is open.")


def look_at_session(case: Case) -> Finding:
    """Find the row of the socket in this project's database."""
    row = _wait_for(lambda: _find_session(case))
    if row is None:
        return broken(
            "The socket is open, and the database of this project has no session of it.",
            "Let the doctor have the environment of the server, DATABASES above all; or see which "
            "site the route $connect calls, and whether your connect() calls super().connect().",
        )
    case.session = row
    case.cleaning.callback(_delete_session, case)
    return well("The connect is stored in this project's database.")


def look_at_disconnect(case: Case) -> Finding:
    """Close the socket, and see that Django hears of it."""
    case.take_time()
    case.talk.close()
    open_rows = get_sessions().filter(pk=case.session.pk, connected=True)
    if _wait_for(lambda: not open_rows.exists(), seconds=_DISCONNECT_SECONDS - 1):
        return well("Django has heard that the socket is closed.")
    return warning(
        "Django has not heard in time that the socket is closed; API Gateway promises its best "
        "effort only.",
        "If it stays so, see the route $disconnect; `clearWebSocketSessions --stale-hours` clears "
        "what is left.",
    )


def get_sessions() -> Any:
    """Return the sessions of the database they are written to."""
    # A replica may lag behind.
    return WebSocketSession.objects.using(router.db_for_write(WebSocketSession))


def _newest(rows: Any) -> int:
    return rows.order_by("-pk").values_list("pk", flat=True).first() or 0


def _delete_attempts(case: Case, before: int) -> None:
    """Delete what was recorded of this visit's attempts, and let their windows open again."""
    address = "" if case.report is None else case.report.address
    rows = ConnectionRateLimit.objects.filter(pk__gt=before, user=case.visitor.user)
    rows.filter(ip_address=address).delete()


def _find_session(case: Case) -> WebSocketSession | None:
    rows = get_sessions().select_related("api_gateway").order_by("-pk")
    if hashes := case.visitor.login.accepted_hashes:
        found: WebSocketSession | None = rows.filter(session_key_hash__in=hashes).first()
        return found
    newest: WebSocketSession | None = rows.filter(
        pk__gt=case.last_session, api_gateway__api_id=case.api.api_id, connected=True
    ).first()
    return newest


def _delete_session(case: Case) -> None:
    get_sessions().filter(pk=case.session.pk).delete()


def _wait_for(claim: Callable[[], Any], *, seconds: float = PROMPT_SECONDS) -> Any:
    """Wait until a claim is true; return what it is in the end."""
    deadline = time.monotonic() + seconds
    while not (value := claim()) and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)
    return value


HOPS: Final = (
    Hop(
        name="socket",
        about="a socket opens, with the Origin, the cookies and the token of a page",
        look=look_at_socket,
        needs=("token",),
        most_seconds=HANDSHAKE_SECONDS,
    ),
    Hop(
        name="session",
        about="the connect is stored in this project's database",
        look=look_at_session,
        needs=("socket",),
    ),
)

DISCONNECT: Final = Hop(
    name="disconnect",
    about="Django hears that the socket is closed",
    look=look_at_disconnect,
    needs=("session",),
    most_seconds=_DISCONNECT_SECONDS,
)
