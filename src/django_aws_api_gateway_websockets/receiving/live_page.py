"""The facts about a connection that the local gateway shows on its live page.

They travel in a header of the response, which only the local gateway gets. AWS knows neither users
nor channels.
"""

import json
from typing import Any, Final
from urllib.parse import quote

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from ..conf import uses_local_gateway

__all__ = ["note_session", "tell_session"]

_HEADER: Final = "X-Ws-Session"
_NOTE: Final = "_websockets_session"


def note_session(request: HttpRequest, user: Any, channel: str) -> None:
    """Note whose connection a request is about, and its channel."""
    vars(request)[_NOTE] = (user, channel)


def tell_session(request: HttpRequest, response: HttpResponseBase, session: Any) -> None:
    """Tell the local gateway whose connection it is, and its channel.

    Args:
        request: may have a note.
        response: gets the header.
        session: of a message; None for a connect.
    """
    if not uses_local_gateway():
        return
    if session is not None:
        note_session(request, session.user, session.channel_name)
    user, channel = vars(request).get(_NOTE, (None, None))
    if channel is None:
        return
    is_known = user is not None and user.is_authenticated
    facts = {"user": user.get_username() if is_known else "", "channel": channel}
    response.headers[_HEADER] = quote(json.dumps(facts))
