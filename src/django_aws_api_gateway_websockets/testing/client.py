"""A client whose socket is in the memory of the test."""

import json
from collections.abc import Mapping
from typing import Any, Final

from django.core.serializers.json import DjangoJSONEncoder
from django.test import Client

from ..core.closures import BINARY_REFUSED, NO_STATUS, closure_by_client
from ..models import WebSocketSession
from .async_twins import awaited
from .conversation import Conversation
from .inbox import Inbox
from .login import Login
from .memory.sockets import Socket
from .opening import Opening
from .running_test import current_gateway

__all__ = ["NotOpenError", "WebSocketClient"]

_AS_BEFORE: Final[Any] = object()


class NotOpenError(Exception):
    """The socket of a client is not open: it was refused, is closed, or was never opened."""


class WebSocketClient:
    """A browser with one socket, which reaches the project's views as API Gateway would.

    Args:
        path_or_view: path up to the route, such as `/ws/`, or the view.
        user: logged in by a session of Django; None for an anonymous browser.
        channel: default channel; None names none.
        headers: of the handshake, in addition to a browser's; None for a value takes one away.
        connect: open the socket at once.
    """

    def __init__(
        self,
        path_or_view: Any,
        *,
        user: Any = None,
        channel: str | None = None,
        headers: Mapping[str, str | None] | None = None,
        connect: bool = True,
    ) -> None:
        self.browser = Client()
        """Django's test client with the cookies of this browser."""
        self.address = "127.0.0.1"
        """IP address that API Gateway sees."""
        self.raise_request_exception = True
        """True raises in the test what a view raises, as of Django's test client."""
        self.refused = ""
        """The reason why the socket was not let in; "" when it was."""
        self.response: Any = None
        """The response to the last connect."""
        self.subprotocol: str | None = None
        """The subprotocol that the view has chosen."""
        self._gateway = current_gateway()
        self._path_or_view = path_or_view
        self._login = Login(user)
        self._channel = channel
        self._headers = dict(headers or {})
        self._socket: Socket | None = None
        self._conversation = Conversation(self.send, lambda: self.frames)
        if connect:
            self.connect()

    def connect(self, *, user: Any = _AS_BEFORE, channel: Any = _AS_BEFORE) -> bool:
        """Open a socket, and tell whether it was let in; one that is open is closed before.

        Without `user` or `channel`, it is the one that was given before.
        """
        if self.is_open:
            self.close()
        if user is not _AS_BEFORE:
            self._login, self.browser = Login(user), Client()
        if channel is not _AS_BEFORE:
            self._channel = channel
        self._login.carry_out(self.browser)
        opening = Opening(
            self.browser, self._channel, self._headers, self.address, self.raise_request_exception
        )
        opened = opening.attempt(self._path_or_view, self._gateway)
        self._socket, self.refused = opened.socket, opened.refused
        self.response, self.subprotocol = opened.response, opened.subprotocol
        if self._socket is not None:
            self._socket.label = self._label()
            self._conversation.begin(self._socket.api.selection_key)
        return self._socket is not None

    def send(self, message: Any) -> Any:
        """Send a message; return the response of Django, or None where it was not asked.

        Args:
            message: written as JSON; a text goes as it is, and bytes as a binary frame.
        """
        socket = self._open_socket()
        if isinstance(message, bytes):
            self._gateway.close(socket, BINARY_REFUSED)
            return None
        text = message if isinstance(message, str) else json.dumps(message, cls=DjangoJSONEncoder)
        socket.raises = self.raise_request_exception
        return self._gateway.receive(socket, text)

    @property
    def received(self) -> list[Any]:
        """The messages of the project that arrived, in order; of published ones, the data.

        Frames of the wire protocol, such as replies and presence, are in `frames` alone.
        """
        return Inbox(self.socket, self._gateway).messages

    @property
    def frames(self) -> list[Any]:
        """Everything that arrived, in order, as it came."""
        return Inbox(self.socket, self._gateway).frames

    def received_in(self, channel: str) -> list[Any]:
        """Return the data of what was published to a channel and arrived."""
        return Inbox(self.socket, self._gateway).published_in(channel)

    @property
    def is_open(self) -> bool:
        """True from a connect that was let in until either side closes."""
        return self._socket is not None and self._socket.is_open

    @property
    def closed(self) -> int | None:
        """The close code; None while the socket is open, or when it never was."""
        closure = self._socket.closure if self._socket else None
        return closure.code if closure else None

    @property
    def socket(self) -> Socket:
        """The socket, which can be made gone, throttled or slow.

        Raises:
            NotOpenError: it was not let in, or nobody has called `connect()`.
        """
        if self._socket is None:
            raise NotOpenError(f"{self!r} has no socket, and so nothing arrives at it.")
        return self._socket

    @property
    def connection_id(self) -> str:
        """The id of the connection."""
        return self.socket.connection_id

    @property
    def session(self) -> WebSocketSession:
        """The row of the connection, as it is now."""
        return WebSocketSession.objects.get(connection_id=self.connection_id)

    def subscribe(self, *channels: str) -> dict[str, Any]:
        """Subscribe to channels as the browser client does; return what is said of each.

        Raises:
            RefusedError: a rule says no; it has `code` and `reason`.
        """
        return self._talk().subscribe(channels)

    def unsubscribe(self, *channels: str) -> None:
        """End subscriptions."""
        self._talk().unsubscribe(channels)

    def publish(self, channel: str, data: Any) -> None:
        """Publish to a channel from this client.

        Raises:
            RefusedError: the channel does not let clients publish.
        """
        self._talk().publish(channel, data)

    def request(self, action: str, **values: Any) -> Any:
        """Send a message to a handler, and return what the handler returned.

        Raises:
            RefusedError: the handler refused it.
            NoReplyError: no reply came.
        """
        return self._talk().request(action, values)

    def presence(self, channel: str) -> Any:
        """Return the members of a channel as this client knows them, or their number.

        Raises:
            LookupError: it has been told nothing about them.
        """
        return self._conversation.presence(channel)

    def close(self, code: int = NO_STATUS.code, reason: str = "") -> None:
        """Close the socket as a page does; Django hears of it."""
        self._gateway.close(self._open_socket(), closure_by_client(code, reason))

    aconnect = awaited(connect)
    asend = awaited(send)
    asubscribe = awaited(subscribe)
    aunsubscribe = awaited(unsubscribe)
    apublish = awaited(publish)
    arequest = awaited(request)
    aclose = awaited(close)

    def __repr__(self) -> str:
        return f"<WebSocketClient {self._label()}: {self._state()}>"

    def _label(self) -> str:
        return self._login.name + (f" in {self._channel}" if self._channel else "")

    def _state(self) -> str:
        if self.refused:
            return f"refused, {self.refused}"
        if self._socket is None:
            return "never opened"
        return "open" if self.is_open else f"closed with {self.closed}"

    def _talk(self) -> Conversation:
        self._open_socket()
        return self._conversation

    def _open_socket(self) -> Socket:
        socket = self.socket
        if not socket.is_open:
            raise NotOpenError(f"{self!r} cannot send: call connect() for another socket.")
        return socket
