"""Delivers the posts of a broadcast that follow its first.

A post that was delivered makes the next ones cheap: they are recognised by their bytes (see
`post_series`), and only what can differ is looked at. Whatever cannot simply be delivered is left
to `connections_api`, which knows all the answers.
"""

import hmac
from collections import deque
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from ...core.errors import SignatureError
from ...core.identifiers import ConnectionId
from ..data_plane.apis import Apis
from ..data_plane.throttles import Throttles
from ..http.http_messages import HttpRequest, HttpResponse
from ..http.router import ConnectionTarget
from ..http.signatures import EXECUTE_API, SignatureCheck
from ..instruments import Instruments
from ..operations.access_log import problems
from ..operations.journal import CallEntry
from ..operations.weather import Weather
from .hub import Hub
from .outgoing_text import OutgoingText
from .post_series import PostSeries, PostShape
from .session import Session

__all__ = ["REQUESTS_AT_ONCE", "BroadcastPosts"]

REQUESTS_AT_ONCE: Final = ("X-Requests-At-Once", "32")
"""Not a header of AWS's: how many requests the sender of this package may send in a row."""

MAX_SERIES: Final = 8
"""Series that are remembered: so many broadcasts at the same time are cheap."""


class _KnownPost(NamedTuple):
    """A post of a series to a connection that is here, signed as it has to be."""

    series: PostSeries
    session: Session
    connection_id: ConnectionId
    end: int
    """Where it ends in what came."""


class BroadcastPosts:
    """Remembers the last broadcasts, whichever connections their posts come over.

    Args:
        weather: while there is any, it decides about posts, and nothing is delivered here.
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
    ) -> None:
        self._apis = apis
        self._hub = hub
        self._weather = weather
        self._signatures = signatures
        self._throttles = throttles
        self._ids = instruments.ids
        self._clock = instruments.clock
        self._journal = instruments.journal
        self.repeats = 0
        """Posts that have been delivered here."""
        self._latest: deque[PostSeries] = deque(maxlen=MAX_SERIES)

    def may_come_together(self, request: HttpRequest) -> bool:
        """Whether the sender may go on without waiting for an answer.

        A proxy in between would be told something that is true of the gateway alone, and weather
        that delays one post must not delay those behind it.
        """
        return not (
            self._weather.settings or request.header("x-forwarded-for") or request.header("via")
        )

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
        delivered: list[_KnownPost] = []
        try:
            for post in list(self._known_posts(start, received, peer)):
                if not self._has_room_for(post):
                    break
                post.session.send_text(post.series.text)
                delivered.append(post)
                start = post.end
        except Exception:  # noqa: BLE001 - the others are read in full, and get an answer then.
            problems.exception("An error in the gateway itself, while answering a known request.")
        self.repeats += len(delivered)
        return b"".join(self._answers_to(delivered)), start

    def _known_posts(self, start: int, received: bytes, peer: str) -> Iterator[_KnownPost]:
        series = None
        while start < len(received):
            post = series.shape.post_at(start, received) if series else None
            if series is None or post is None:
                series = self._series_at(start, received, peer)
                post = series.shape.post_at(start, received) if series else None
            if series is None or post is None:
                return
            wire_id, signature, start = post
            # Found among those that were issued, it cannot be anything but an id.
            connection_id = ConnectionId(wire_id.decode("latin-1").replace("%3D", "="))
            session = self._hub.find(connection_id)
            if (
                session is None
                or session.client.api_id != series.target.api_id
                or not hmac.compare_digest(series.signature_for(wire_id), signature)
            ):
                return
            yield _KnownPost(series, session, connection_id, start)

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

    def _has_room_for(self, post: _KnownPost) -> bool:
        return (
            self._hub.backlog.has_room(post.session, len(post.series.first.body))
            and self._throttles.admits_post()
        )

    def _answers_to(self, posts: Iterable[_KnownPost]) -> Iterator[bytes]:
        series, form, now = None, "", self._clock.now()
        for post in posts:
            if post.series is not series:
                series = post.series
                # Its date holds for posts that came together.
                form = series.answer("%s", "%s", "%s").serialise(keep_alive=True).decode()
            call_ids = self._ids.of_call(now)
            if self._journal.records_repeats:
                self._record(post, series.answer(*call_ids), now)
            yield (form % call_ids).encode()

    def _record(self, post: _KnownPost, answer: HttpResponse, now: float) -> None:
        target = post.series.target._replace(connection_id=post.connection_id)
        self._journal.record_repeat(
            CallEntry.of(post.series.first, target, answer, at_ms=int(now * 1000))
        )
