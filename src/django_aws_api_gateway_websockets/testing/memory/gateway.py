"""API Gateway in the memory of a test: sockets, their events in order, and what is posted to them.

Everything here happens at once, in the thread that asks for it. So a test knows at any moment
what has arrived, and that nothing is left to come.
"""

import asyncio
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, Final

from django.http import HttpResponseBase

from ...core.closures import DELETED, GOING_AWAY, MESSAGE_TOO_BIG, Closure
from ...core.events.event import Handshake
from ...core.events.routes import DEFAULT, select_route
from ...core.handshake import accepts
from ...core.quotas import MAX_FRAME_BYTES, MAX_MESSAGE_BYTES
from ...core.retry import RetryPolicy
from ...gateway.runtime.ids import Ids
from ...models import QueuedBroadcast
from ...sending.messages import NO_ADDRESS, Recipient
from ...sending.stand_in import put_stand_in
from .commits import Commits
from .django_backend import DjangoBackend, body_of
from .events import EventRequests
from .relay import announce_presence, do_tasks, next_change
from .sent import Sent
from .served_api import ServedApi
from .sockets import GONE, OK, Socket, Sockets
from .stopped_time import StoppedTime, as_aware
from .transport import MemoryTransport

__all__ = ["MemoryGateway"]

_CLOSED: Final = 204


class MemoryGateway:
    """The gateway of one test."""

    def __init__(self) -> None:
        self.ids = Ids()
        self.time = StoppedTime()
        self.sockets = Sockets()
        self.sent: list[Sent] = []
        """Messages that have left Django, frames of the wire protocol among them."""
        self._requests = EventRequests(self.ids)
        self._commits = Commits()
        self._backends: dict[Any, DjangoBackend] = {}
        self._ended: deque[Socket] = deque()
        self._events_under_way = 0

    def begin(self) -> None:
        """Take over what leaves Django, and run what follows commits."""
        put_stand_in(self)
        self._commits.begin()

    def end(self) -> None:
        """Give everything back."""
        put_stand_in(None)
        self._commits.end()
        self.time.end()

    # The part of a stand-in: messages that leave Django come here.

    def transport(self, stage: Recipient, retries: RetryPolicy | None) -> MemoryTransport:
        """Return the transport for a stage.

        Raises:
            ValueError: the stage is of an API without id.
        """
        if not stage.api_id:
            raise ValueError(NO_ADDRESS)
        return MemoryTransport(
            take=lambda one, text: self.sockets.take(one, text, on=self.time.now()),
            close=self._close,
            look=self.sockets.look,
            keep=self.sent.append,
            retries=retries or RetryPolicy(),
        )

    def start(self, broadcast_id: str, *, tasks: int) -> None:
        """Deliver a queued broadcast at once."""
        QueuedBroadcast.objects.get(pk=broadcast_id).deliver()

    # The part of clients: events that arrive at Django come from here.

    def connect(self, socket: Socket, handshake: Handshake) -> HttpResponseBase:
        """Open a socket if Django lets it, and return what it responds."""
        call = self._requests.connect(socket, handshake, at=self.time.now())
        self.sockets[socket.connection_id] = socket
        with self._event():
            response = self._backend(socket.api).send(call, raises=socket.raises)
        socket.has_opened = accepts(response.status_code)
        self.settle()
        return response

    def receive(self, socket: Socket, text: str) -> HttpResponseBase | None:
        """Take a message of a client to its route; None when it is too long, which closes."""
        if len(text.encode()) > MAX_FRAME_BYTES:
            self.close(socket, MESSAGE_TOO_BIG)
            return None
        now = socket.active_on = self.time.now()
        routes = socket.api.routes
        # Every API of ours has a route for what no other takes.
        route = routes[select_route(routes, socket.api.selection, text) or DEFAULT]
        call = self._requests.message(socket, route, text, at=now)
        with self._event():
            response = self._backend(socket.api).send(call, raises=socket.raises)
        if route.replies:
            self._reply(socket, body_of(response))
        self.settle()
        return response

    def close(self, socket: Socket, closure: Closure) -> None:
        """End a socket, and tell Django of it."""
        if socket.is_open:
            socket.closure = closure
            self._ended.append(socket)
        self.settle()

    def settle(self) -> None:
        """Bring about what has still to follow: disconnects, and news of presence."""
        # An event loop may not ask the database; an awaited call has settled things itself.
        if self._events_under_way or not self.sockets or _is_in_event_loop():
            return
        while self._ended:
            self._disconnect(self._ended.popleft())
        with self._event():
            announce_presence()

    def advance(self, duration: timedelta) -> None:
        """Move time, and let happen what happens meanwhile, each at its moment."""
        end = self.time.stop() + duration
        while (moment := self._next_moment()) is not None and moment <= end:
            self.time.set(moment)
            for socket in self.sockets.open_ones():
                if socket.ends_on <= moment:
                    self.close(socket, GOING_AWAY)
            self.settle()
        self.time.set(end)
        if self.sockets:
            do_tasks()
        self.settle()

    def _next_moment(self) -> datetime | None:
        moments = [socket.ends_on for socket in self.sockets.open_ones()]
        change = next_change() if self.sockets else None
        return min(moments if change is None else [*moments, as_aware(change)], default=None)

    def _reply(self, socket: Socket, body: bytes) -> None:
        if len(body) > MAX_MESSAGE_BYTES:
            self.close(socket, MESSAGE_TOO_BIG)
        elif body and socket.is_open:
            socket.deliver(body.decode(errors="replace"), on=self.time.now())

    def _disconnect(self, socket: Socket) -> None:
        if socket.is_gone or socket.closure is None:
            return
        call = self._requests.disconnect(socket, socket.closure, at=self.time.now())
        with self._event():
            self._backend(socket.api).send(call, raises=socket.raises)

    def _close(self, connection_id: str) -> int:
        status = self.sockets.look(connection_id)
        socket = self.sockets.get(connection_id)
        if status == OK and socket is not None:
            self.close(socket, DELETED)
        return GONE if status == GONE else _CLOSED

    def _backend(self, api: ServedApi) -> DjangoBackend:
        urlconf = api.address.urlconf
        if urlconf not in self._backends:
            self._backends[urlconf] = DjangoBackend(urlconf)
        return self._backends[urlconf]

    @contextmanager
    def _event(self) -> Iterator[None]:
        self._events_under_way += 1
        try:
            yield
        finally:
            self._events_under_way -= 1


def _is_in_event_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
