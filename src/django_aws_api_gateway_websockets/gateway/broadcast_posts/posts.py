"""Delivery of the posts of a broadcast, after its first.

A delivered post makes the next ones cheap: their bytes identify them (see `series`), and only the
parts that can differ are examined. `management_api` responds to every other post.
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
"""Header that AWS does not have: number of requests that our own sender may send in a row."""

MAX_SERIES: Final = 8
"""Number of series in memory: so many broadcasts at the same time are cheap."""

TOO_LARGE: Final = 413
"""Status of a response that has no headers, as from a front end."""


class BroadcastPosts:
    """The short way: memory of the last broadcasts, which connections of any client share.

    Args:
        listener: listener of the connections.
        unread_by: readers of the journal that ignore delivered posts.
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
        self._series: deque[PostSeries] = deque(maxlen=MAX_SERIES)
        self._lone_bodies: deque[int] = deque(maxlen=MAX_SERIES)
        """Hashes of the last bodies that came alone."""
        self._delivered: tuple[HttpRequest, ConnectionTarget] | None = None
        """Post that the long way delivered last, and its target."""
        # A series depends on the APIs, so it holds until they change.
        apis.watch(self._series.clear)

    def announced(
        self, request: HttpRequest, target: ConnectionTarget, response: HttpResponse
    ) -> HttpResponse:
        """Add the header that allows requests in a row."""
        is_delivered = request.method == "POST" and response.status == HTTPStatus.OK
        self._delivered = (request, target) if is_delivered else None
        if response.status == TOO_LARGE or _came_through_proxy(request):
            return response
        return HttpResponse(response.status, (*response.headers, REQUESTS_AT_ONCE), response.body)

    def end_of_first(self, start: int, received: bytes) -> int:
        return end_of_post(start, received)

    def learn(self, request: HttpRequest, received: bytes, *, is_followed: bool) -> None:
        """Begin a series, if there is a sign that one follows."""
        delivered, self._delivered = self._delivered, None
        if delivered is None or delivered[0] is not request:
            return
        if self._may_go_on(request, is_followed=is_followed):
            self.begin(request, delivered[1], received)

    def _may_go_on(self, request: HttpRequest, *, is_followed: bool) -> bool:
        """Tell whether a post that was just delivered may be the first of a broadcast.

        Most posts go to one connection and have a body of their own. A series costs as much to
        prepare as one delivery, so it needs a sign: more bytes behind the post, or a repeated body.
        """
        body = hash(request.body)
        if is_followed or body in self._lone_bodies:
            return True
        self._lone_bodies.append(body)
        return False

    def begin(self, request: HttpRequest, target: ConnectionTarget, received: bytes) -> None:
        """Remember a delivered post, to recognise the posts that resemble it."""
        shape = PostShape.of(received) if request.keep_alive else None
        if shape is None:
            return
        try:
            signature = self._signatures.verified(request, service=EXECUTE_API)
        except SignatureError:
            # The signature has become too old meanwhile.
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
            self._series.appendleft(series)

    def responses(self, start: int, received: bytes, *, peer: str) -> tuple[bytes, int]:
        """Deliver the posts in a row that belong to known broadcasts.

        They are delivered in one burst: to wake a sleeping client process takes as long as to write
        to it, and a process that is awake stays awake meanwhile. A series is only for the address
        that began it.
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
        """Collect the posts of one series in a row, as long as their signatures are right.

        Returns:
            the open connection of each post, and the place in `received` where each post ends.
        """
        connections: list[Connection] = []
        ends: list[int] = []
        find, post_at, signature_for = self._hub.find, series.shape.post_at, series.signature_for
        api_id = series.target.api_id
        while post := post_at(start, received):
            wire_id, signature, start = post
            # An id that the hub knows is one that was issued, so its form needs no check.
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
        """Write to the connections in turn, up to the first that has no room."""
        text, byte_count, now = series.text, len(series.first.body), self._clock.now()
        has_room, admits_post = self._hub.backlog.has_room, self._throttles.admits_post
        delivered: list[Connection] = []
        try:
            for connection in connections:
                if not (has_room(connection, byte_count) and admits_post()):
                    break
                connection.write(text, now=now)
                delivered.append(connection)
        except Exception:  # noqa: BLE001 - the long way responds to the other posts.
            problems.exception("An error in the gateway itself, while answering a known request.")
        self._listener.message_sent(delivered, text.payload)
        return delivered

    def _series_at(self, start: int, received: bytes, peer: str) -> PostSeries | None:
        for series in self._series:
            if series.first.peer == peer and series.shape.post_at(start, received):
                # Checked once for all posts that came together: no time passes between them.
                is_timely = series.signature.is_timely(self._clock.real_now())
                return series if is_timely else None
        return None

    def _responses_to(self, series: PostSeries, connections: Sequence[Connection]) -> list[bytes]:
        """Make the response to each post that was delivered, and record it."""
        now = self._clock.now()
        # Posts that came together share one date.
        form = series.response("%s", "%s", "%s").serialise(keep_alive=True).decode()
        calls = [self._ids.of_call(now) for _ in connections]
        self._metrics.count_calls("POST", HTTPStatus.OK, len(connections))
        # Posts are many: readers that only count them do not get an entry for each.
        readers = [read for read in self._journal.readers if read not in self._counted_by]
        if readers:
            for connection, call_ids in zip(connections, calls, strict=True):
                entry = series.entry(connection, call_ids, at_ms=int(now * 1000))
                for read in readers:
                    read(entry)
        return [(form % call_ids).encode() for call_ids in calls]


def _came_through_proxy(request: HttpRequest) -> bool:
    """Tell whether a request came through a proxy, which may forbid requests in a row."""
    return bool(request.header("x-forwarded-for") or request.header("via"))
