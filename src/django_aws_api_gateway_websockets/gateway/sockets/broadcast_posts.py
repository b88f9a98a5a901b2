"""Delivers the posts of a broadcast that follow its first.

A post that was delivered makes the next ones cheap: they are recognised by their bytes (see
`post_series`), and only what can differ is looked at. Whatever cannot simply be delivered is left
to `connections_api`, which knows all the answers.
"""

import hmac
from collections import deque
from collections.abc import Iterator
from typing import Final

from ...core.errors import SignatureError
from ...core.identifiers import ConnectionId
from ..data_plane.apis import Apis
from ..data_plane.throttles import Throttles
from ..http.http_messages import HttpRequest
from ..http.router import ConnectionTarget
from ..http.signatures import EXECUTE_API, SignatureCheck
from ..instruments import Instruments
from ..operations.journal import CallEntry
from ..operations.weather import Weather
from .hub import Hub
from .outgoing_text import OutgoingText
from .post_series import PostSeries, PostShape
from .session import Session

__all__ = ["REQUESTS_AT_ONCE", "BroadcastPosts"]

REQUESTS_AT_ONCE: Final = ("X-Requests-At-Once", "16")
"""Not a header of AWS's: how many requests the sender of this package may send in a row."""

MAX_SERIES: Final = 8
"""Series that are remembered: so many broadcasts at the same time are cheap."""


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

    def answers(self, start: int, received: bytes, *, peer: str) -> Iterator[tuple[bytes, int]]:
        """Deliver posts that follow each other, as long as they belong to a broadcast.

        Args:
            start: where in `received` the first one begins.
            peer: address they came from; a series stays with the address that began it.

        Returns:
            for each its answer as bytes, and where it ends.
        """
        series, form, now = None, "", self._clock.now()
        while start < len(received):
            post = series.shape.post_at(start, received) if series else None
            if series is None or post is None:
                series = self._series_at(start, received, peer)
                post = series.shape.post_at(start, received) if series else None
                if series is None or post is None:
                    return
                # Its date holds for posts that came together.
                form = series.answer("%s", "%s", "%s").serialise(keep_alive=True).decode()
            wire_id, signature, end = post
            # Found among those that were issued, it cannot be anything but an id.
            connection_id = ConnectionId(wire_id.decode("latin-1").replace("%3D", "="))
            session = self._hub.find(connection_id)
            if session is None or not self._may_deliver(series, session, wire_id, signature):
                return
            session.send_text(series.text)
            self.repeats += 1
            call_ids = self._ids.of_call(now)
            if self._journal.records_repeats:
                self._record(series, connection_id, call_ids, now)
            start = end
            yield (form % call_ids).encode(), end

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

    def _may_deliver(
        self, series: PostSeries, session: Session, wire_id: bytes, signature: bytes
    ) -> bool:
        """Whether nothing speaks against a post; one that fails has to go the long way."""
        return (
            session.client.api_id == series.target.api_id
            and hmac.compare_digest(series.signature_for(wire_id), signature)
            and self._hub.backlog.has_room(session, len(series.first.body))
            and self._throttles.admits_post()
        )

    def _record(
        self,
        series: PostSeries,
        connection_id: ConnectionId,
        call_ids: tuple[str, str, str],
        now: float,
    ) -> None:
        first = series.first
        self._journal.record_repeat(
            CallEntry(
                "POST",
                ConnectionTarget(series.target.api_id, series.target.stage, connection_id),
                series.answer(*call_ids),
                int(now * 1000),
                len(first.body),
                first.headers,
                first.peer,
            )
        )
