"""Delivers the posts of a broadcast that follow its first.

A post that was delivered makes the next ones cheap: they are recognised by their bytes (see
`post_series`), and only what can differ is looked at. Whatever cannot simply be delivered is left
to `connections_api`, which knows all the answers.
"""

import hmac
from collections import deque
from collections.abc import Sequence
from typing import Final

from ...core.errors import SignatureError
from ...core.events.identifiers import ConnectionId
from ..connections.connection import Connection, ConnectionListener
from ..connections.hub import Hub
from ..connections.outgoing_text import OutgoingText
from ..deployed.apis import Apis
from ..deployed.router import ConnectionTarget
from ..deployed.throttles import Throttles
from ..http.messages import HttpRequest, HttpResponse
from ..http.signatures import EXECUTE_API, SignatureCheck
from ..journal.access_log import problems
from ..journal.entries import CallEntry
from ..journal.instruments import Instruments
from ..weather.chances import Weather
from .series import PostSeries, PostShape

__all__ = ["REQUESTS_AT_ONCE", "BroadcastPosts"]

REQUESTS_AT_ONCE: Final = ("X-Requests-At-Once", "128")
"""Not a header of AWS's: how many requests the sender of this package may send in a row."""

MAX_SERIES: Final = 8
"""Series that are remembered: so many broadcasts at the same time are cheap."""


class BroadcastPosts:
    """Remembers the last broadcasts, whichever connections their posts come over.

    Args:
        weather: while there is any, it decides about posts, and nothing is delivered here.
        listener: of the connections.
    """

    def __init__(
        self,
        apis: Apis,
        hub: Hub,
        *,
        weather: Weather,
        signatures: SignatureCheck,
        throttles: Throttles,
        instruments: Instruments,
        listener: ConnectionListener,
    ) -> None:
        self._apis = apis
        self._hub = hub
        self._listener = listener
        self._weather = weather
        self._signatures = signatures
        self._throttles = throttles
        self._ids = instruments.ids
        self._clock = instruments.clock
        self._journal = instruments.journal
        self.repeats = 0
        """Posts that have been delivered here."""
        self._latest: deque[PostSeries] = deque(maxlen=MAX_SERIES)
        self._lately: deque[int] = deque(maxlen=MAX_SERIES)
        """The hashes of the bodies that came last by themselves."""

    def may_come_together(self, request: HttpRequest) -> bool:
        """Whether the sender may go on without waiting for an answer.

        A proxy in between would be told something that is true of the gateway alone, and weather
        that delays one post must not delay those behind it.
        """
        return not (
            self._weather.settings or request.header("x-forwarded-for") or request.header("via")
        )

    def may_go_on(self, request: HttpRequest, *, is_followed: bool) -> bool:
        """Whether a post that has just been delivered may be the first of a broadcast.

        Most posts are for one connection and have a body of their own. What is worked out for those
        that follow takes as long as to deliver one, so there has to be a sign of them. A body that
        comes by itself is remembered, because to come again is such a sign.

        Args:
            is_followed: whether more came with it.
        """
        if request.method != "POST":
            return False
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
            apis_revision=self._apis.revision,
            headers=(REQUESTS_AT_ONCE,) if self.may_come_together(request) else (),
        )
        if series is not None:
            self._latest.appendleft(series)

    def answers(self, start: int, received: bytes, *, peer: str) -> tuple[bytes, int]:
        """Deliver posts that follow each other, as long as they belong to a broadcast.

        They are delivered in one burst. To write to somebody who sleeps means to wake him, which
        takes as long as writing; whoever is awake on this machine stays so.

        Args:
            start: where in `received` the first one begins.
            peer: address they came from; a series stays with the address that began it.

        Returns:
            the answers in a row, and where the last request that has one ends.
        """
        answers: list[bytes] = []
        while start < len(received) and (series := self._series_at(start, received, peer)):
            connections, ends = self._posts_of(series, start, received)
            delivered = self._deliver(series, connections)
            if delivered:
                answers += self._answers_to(series, delivered)
                start = ends[len(delivered) - 1]
            if not delivered or len(delivered) < len(connections):
                break
        return b"".join(answers), start

    def _posts_of(
        self, series: PostSeries, start: int, received: bytes
    ) -> tuple[list[Connection], list[int]]:
        """The posts of one series that follow each other, signed as they have to be.

        Returns:
            the connection of each, which is here, and where each ends in what came.
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
        self.repeats += len(delivered)
        self._listener.message_sent(delivered, text.payload)
        return delivered

    def _series_at(self, start: int, received: bytes, peer: str) -> PostSeries | None:
        for series in self._latest:
            if series.first.peer == peer and series.shape.post_at(start, received):
                return series if self._is_open_to(series) else None
        return None

    def _is_open_to(self, series: PostSeries) -> bool:
        # Asked once for posts that came together, for nothing happens between them.
        return (
            series.apis_revision == self._apis.revision
            and not self._weather.settings
            and series.signature.is_timely(self._clock.real_now())
        )

    def _answers_to(self, series: PostSeries, connections: Sequence[Connection]) -> list[bytes]:
        """An answer for each post that was delivered."""
        now = self._clock.now()
        # Its date holds for posts that came together.
        form = series.answer("%s", "%s", "%s").serialise(keep_alive=True).decode()
        calls = self._ids.of_calls(now, len(connections))
        if self._journal.records_repeats:
            for connection, call_ids in zip(connections, calls, strict=True):
                self._record(series, connection, series.answer(*call_ids), now)
        return [(form % call_ids).encode() for call_ids in calls]

    def _record(
        self, series: PostSeries, connection: Connection, answer: HttpResponse, now: float
    ) -> None:
        target = series.target._replace(connection_id=connection.client.connection_id)
        self._journal.record_repeat(
            CallEntry.of(series.first, target, answer, at_ms=int(now * 1000))
        )
