"""`/_gateway/frames`: a message that somebody sends by hand, to a client or in its name."""

import json
from typing import Final, NamedTuple

from ...core.events.identifiers import ConnectionId
from ...core.quotas import MAX_MESSAGE_BYTES
from ..connections.connection import Connection, ConnectionListener
from ..connections.hub import Hub
from ..http.messages import HttpRequest, HttpResponse, json_response

__all__ = ["HandFrames"]

_FORM: Final = (
    'Send an object such as {"connection": "id", "direction": "out", "text": "hello"} as '
    "application/json; the direction is out, to the client, or in, to the backend."
)


class _Wish(NamedTuple):
    connection: str
    direction: str
    text: str


class HandFrames:
    """Responses to POST."""

    def __init__(self, hub: Hub, listener: ConnectionListener) -> None:
        self._hub = hub
        self._listener = listener

    def respond(self, request: HttpRequest) -> HttpResponse:
        """Send the message of a request."""
        if request.method != "POST":
            return HttpResponse(405, (("Allow", "POST"),))
        wish = _read_wish(request)
        if wish is None:
            return json_response(400, {"message": _FORM})
        connection = self._hub.find(ConnectionId(wish.connection))
        if connection is None or not connection.is_open:
            return json_response(404, {"message": "This connection is closed."})
        return self._send(connection, wish.text, is_to_client=wish.direction == "out")

    def _send(self, connection: Connection, text: str, *, is_to_client: bool) -> HttpResponse:
        try:
            payload = text.encode()
        except UnicodeEncodeError:
            return json_response(400, {"message": "The text has a half of a character."})
        if len(payload) > MAX_MESSAGE_BYTES:
            message = f"The text has more than {MAX_MESSAGE_BYTES} bytes."
            return json_response(413, {"message": message})
        if is_to_client:
            connection.send(payload)
        else:
            self._listener.message_received(connection, text)
        return json_response(200, {})


def _read_wish(request: HttpRequest) -> _Wish | None:
    """Return what a request asks for; `None` when it has another form."""
    kind = (request.header("content-type") or "").partition(";")[0].strip().lower()
    if kind != "application/json":
        # A page of another site cannot send this type without a preflight.
        return None
    try:
        values = json.loads(request.body)
    except (ValueError, RecursionError):
        return None
    if (
        not isinstance(values, dict)
        or values.keys() != set(_Wish._fields)
        or not all(isinstance(value, str) for value in values.values())
    ):
        return None
    wish = _Wish(**values)
    return wish if wish.direction in {"in", "out"} else None
