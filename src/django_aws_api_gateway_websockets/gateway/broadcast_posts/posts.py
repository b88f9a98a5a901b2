"""Delivers the posts of a broadcast that follow its first.

A post that was delivered makes the next ones cheap: they are recognised by their bytes (see
`series`), and only what can differ is looked at. Whatever cannot simply be delivered is left
to `management_api`, which knows every response.
"""

import hmac
from collections import deque
from collections.abc import Callable, Collection, Sequence
from http import HTTPStatus
from typing import Final

from ...core.errors import SignatureError
from ...core.events.identifiers import ConnectionId
from ..connections.connection import Connection, ConnectionListener
from ..connections.hub import Hub
from ..connections.outgoing_text import OutgoingText
from ..deployed.apis import Apis
from ..deployed.throttles import Throttles
from ..http.messages import HttpRequest, HttpResponse
from ..http.signatures import EXECUTE_API, SignatureCheck
from ..http.targets import ConnectionTarget
from ..journal.entries import Entry
from ..journal.instruments import Instruments
from ..runtime.log import problems
from .series import PostSeries, PostShape, end_of_post

__all__ = ["REQUESTS_AT_ONCE", "BroadcastPosts"]

REQUESTS_AT_ONCE: Final = ("X-Requests-At-Once", "128")
"""Not a header of AWS's: how many requests the sender of this package may send in a row."""

MAX_SERIES: Final = 8
"""Series that are remembered: so many broadcasts at the same time are cheap."""

TOO_LARGE: Final = 413
"""The response that says nothing but its status, as from a front end."""


class BroadcastPosts:
    """The short way: remembers the last broadcasts, whichever connections their posts come over.

    Args:
        listener: of the connections.
        unread_by: readers of the journal that make nothing of a post that was delivered.
    """

    def __init__(
        self,
        apis: Apis,
        hub: Hub,
        *,
        signatures: SignatureCheck,
        throttles: Throttles,
        instruments: Instruments,
        listener: ConnectionListener,
        unread_by: Collection[Callable[[Entry], None]] = (),
    ) -> None:
        self._hub = hub
        self._listener = listener
        self._signatures = signatures
        self._throttles = throttles
        self._ids = instruments.ids
        self._clock = instruments.clock
        self._journal = instruments.journal
        self._metrics = instruments.metrics
        self._counted_by = frozenset({*unread_by, instruments.metrics.read})
        self._latest: deque[PostSeries] = deque(maxlen=MAX_SERIES)
        self._lately: deque[int] = deque(maxlen=MAX_SERIES)
        """The hashes of the bodies that came last by themselves."""
        self._delivered: tuple[HttpRequest, ConnectionTarget] | None = None
        """The post that was delivered last by the long way, and where it went."""
        # What was worked out from the APIs holds until they change.
        apis.watch(self._latest.clear)

    def announced(
        self, request: HttpRequest, target: ConnectionTarget, response: HttpResponse
    ) -> HttpResponse:
        """Part of the interface of `ShortWay`: say that requests may come in a row."""
        is_delivered = request.method == "POST" and response.status == HTTPStatus.OK
        self._delivered = (request, target) if is_delivered else None
        if response.status == TOO_LARGE or _came_through_proxy(request):
            return response
        return HttpResponse(response.status, (*response.headers, REQUESTS_AT_ONCE), response.body)

    def end_of_first(self, start: int, received: bytes) -> int:
        """Part of the interface of `ShortWay`."""
        return end_of_post(start, received)

    def learn(self, request: HttpRequest, received: bytes, *, is_followed: bool) -> None:
        """Part of the interface of `ShortWay`: begin a series, where there is a sign of one."""
        delivered, self._delivered = self._delivered, None
        if delivered is None or delivered[0] is not request:
            return
        if self._may_go_on(request, is_followed=is_followed):
            self.begin(request, delivered[1], received)

    def _may_go_on(self, request: HttpRequest, *, is_followed: bool) -> bool:
        """Tell whether a post that has just been delivered may be the first of a broadcast.

        Most posts are for one connection and have a body of their own. What is worked out for those
        that follow takes as long as to deliver one, so there has to be a sign of them. A body that
        comes by itself is remembered, because to come again is such a sign.

        Args:
            is_followed: whether more came with it.
        """
        body = hash(request.body)
        if is_followed or body in self._lately:
            return True
        self._lately.append(body)
        return False

    def begin(self, request: HttpRequest, target: ConnectionTarget, received: bytes) -> None:
        """Remember what a post that has just been delivered tells about those that are like it.

        Args:
            received: the request as it came.
        """
        shape = PostShape.of(received) if request.keep_alive else None
        if shape is None:
            return
        try:
            signature = self._signatures.verified(request, service=EXECUTE_API)
        except SignatureError:
            # It has grown too old since.
            return
        series = PostSeries.of(
            shape,
            request,
            target,
            text=OutgoingText(request.body),
            signature=signature,
            headers=() if _came_through_proxy(request) else (REQUESTS_AT_ONCE,),
        )
        if series is not None:
            self._latest.appendleft(series)

    def responses(self, start: int, received: bytes, *, peer: str) -> tuple[bytes, int]:
        """Deliver posts that follow each other, as long as they belong to a broadcast.

        They are delivered in one burst: to wake a client that sleeps takes as long as to write to
        it, and a client that was woken stays awake meanwhile.

        Args:
            start: place in `received` where the first one begins.
            peer: address they came from; a series stays with the address that began it.

        Returns:
            the responses in a row, and the place where the last request that has one ends.
        """
        responses: list[bytes] = []
        while start < len(received) and (series := self._series_at(start, received, peer)):
            connections, ends = self._posts_of(series, start, received)
            delivered = self._deliver(series, connections)
            if delivered:
                responses += self._responses_to(series, delivered)
                start = ends[len(delivered) - 1]
            if not delivered or len(delivered) < len(connections):
                break
        return b"".join(responses), start

    def _posts_of(
        self, series: PostSeries, start: int, received: bytes
    ) -> tuple[list[Connection], list[int]]:
        """Collect the posts of one series that follow each other, signed as they have to be.

        Returns:
            the connection of each, which is here, and the place where each ends in what came.
        """
        connections: list[Connection] = []
        ends: list[int] = []
        find, post_at, signature_for = self._hub.find, series.shape.post_at, series.signature_for
        api_id = series.target.api_id
        while post := post_at(start, received):
            wire_id, signature, start = post
            # Found among those that were issued, it cannot be anything but an id.
            connection = find(ConnectionId(wire_id.decode("latin-1").replace("%3D", "=")))
            if (
                connection is None
                or connection.client.api_id != api_id
                or not hmac.compare_digest(signature_for(wire_id), signature)
            ):
                break
            connections.append(connection)
            ends.append(start)
        return connections, ends

    def _deliver(
        self, series: PostSeries, connections: Sequence[Connection]
    ) -> Sequence[Connection]:
        """Write to those that have room, up to the first that has none."""
        text, byte_count, now = series.text, len(series.first.body), self._clock.now()
        has_room, admits_post = self._hub.backlog.has_room, self._throttles.admits_post
        delivered: list[Connection] = []
        try:
            for connection in connections:
                if not (has_room(connection, byte_count) and admits_post()):
                    break
                connection.write(text, now=now)
                delivered.append(connection)
        except Exception:  # noqa: BLE001 - the others are read in full, and get an answer then.
            problems.exception("An error in the gateway itself, while answering a known request.")
        self._listener.message_sent(delivered, text.payload)
        return delivered

    def _series_at(self, start: int, received: bytes, peer: str) -> PostSeries | None:
        for series in self._latest:
            if series.first.peer == peer and series.shape.post_at(start, received):
                # Asked once for posts that came together, for nothing happens between them.
                is_timely = series.signature.is_timely(self._clock.real_now())
                return series if is_timely else None
        return None

    def _responses_to(self, series: PostSeries, connections: Sequence[Connection]) -> list[bytes]:
        """Make the response to each post that was delivered, and record it."""
        now = self._clock.now()
        # Its date holds for posts that came together.
        form = series.response("%s", "%s", "%s").serialise(keep_alive=True).decode()
        calls = self._ids.of_calls(now, len(connections))
        self._metrics.count_calls("POST", HTTPStatus.OK, len(connections))
        # There are very many: who would only count them need not be shown an entry of each.
        readers = [read for read in self._journal.readers if read not in self._counted_by]
        if readers:
            for connection, call_ids in zip(connections, calls, strict=True):
                entry = series.entry(connection, call_ids, at_ms=int(now * 1000))
                for read in readers:
                    read(entry)
        return [(form % call_ids).encode() for call_ids in calls]


def _came_through_proxy(request: HttpRequest) -> bool:
    """Tell whether there is a proxy in between, which may not do as this gateway does."""
    return bool(request.header("x-forwarded-for") or request.header("via"))
