"""The figures of the overview, from rows that are there already: nothing is written for them.

Each is one statement that an index serves, or one over the latest 100,000 sessions, so that the
page costs the same on a table of any size.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models import Count, F, Min, Q, Sum
from django.utils import timezone

from ..conf import get_boolean_setting
from ..models import ConnectionRateLimit, RelayTask, Subscription, WebSocketSession, WebSocketToken
from ..models.channel_state import ChannelState
from ..models.queued_broadcast import QueuedBroadcast

__all__ = [
    "Broadcast",
    "Busy",
    "Day",
    "Lag",
    "Refused",
    "read_broadcasts",
    "read_busy_channels",
    "read_day",
    "read_lag",
    "read_refused_attempts",
    "read_refused_tokens",
]

LATEST: Final = 100_000
"""Sessions that are looked at for the last day."""

MOST_CHANNELS: Final = 20
_MOST_CANDIDATES: Final = 100
_MOST_ROWS: Final = 10
_DAY: Final = timedelta(days=1)
_HOURS: Final = 24
_LONGEST_LIFE: Final = timedelta(hours=2, minutes=5)
"""API Gateway keeps no connection longer."""


@dataclass(frozen=True, slots=True)
class Day:
    """The sockets of the last day."""

    live: int
    """Sockets that are open now."""
    hours: tuple[int, ...]
    """Sockets that were open at each full hour before now, and now."""
    opened: int
    """Sockets that were opened."""
    messages: int | None
    """Messages that these have sent; None where nobody counts them."""
    is_partial: bool
    """True when there were more sockets than are looked at."""


@dataclass(frozen=True, slots=True)
class Busy:
    """A channel with many sockets."""

    name: str
    by_default: int
    """Sockets whose default channel it is."""
    subscribed: int
    """Others, which have subscribed to it."""
    members: int | None
    """Members as last announced; None in a channel without presence."""

    @property
    def sockets(self) -> int:
        """All sockets in it, each once."""
        return self.by_default + self.subscribed


@dataclass(frozen=True, slots=True)
class Refused:
    """The number of refusals of one kind."""

    reason: str
    number: int


@dataclass(frozen=True, slots=True)
class Lag:
    """The tasks of the relay, and the channels with which it is late."""

    tasks: tuple[RelayTask, ...]
    """Its tasks, and when each was last done."""
    due: int
    """Channels whose members are to be looked at by now."""
    oldest: datetime | None
    """Time at which the first of them was due."""


@dataclass(frozen=True, slots=True)
class Broadcast:
    """A broadcast that workers are delivering."""

    id: str
    parts: int
    """Ranges of up to 1,000 sockets."""
    finished: int
    """Those of them that are done."""
    sockets: int
    """Sockets that are done."""
    per_second: float
    """Sockets in a second, since it was queued."""
    since: datetime

    @property
    def percent(self) -> int:
        """Parts that are done, of a hundred."""
        return 100 * self.finished // max(self.parts, 1)


def read_day() -> Day:
    """Read how many sockets were open at each hour of the last day, and what they have sent."""
    now = timezone.now()
    since = now - _DAY
    moments = [since + timedelta(hours=hour) for hour in range(_HOURS)]
    sessions = WebSocketSession.objects
    newest = sessions.order_by("-pk").values_list("pk", flat=True).first() or 0
    latest = sessions.filter(pk__gt=newest - LATEST, created_on__gt=since - _LONGEST_LIFE)
    found = latest.aggregate(
        opened=Count("pk", filter=Q(created_on__gte=since)),
        requests=Sum("request_count", filter=Q(created_on__gte=since)),
        **{f"hour{number}": _open_at(moment) for number, moment in enumerate(moments)},
    )
    earlier = sessions.filter(pk__lte=newest - LATEST).order_by("-pk")
    before = earlier.values_list("created_on", flat=True).first()
    live = sessions.filter(connected=True).count()
    hours = (*(found[f"hour{number}"] for number in range(_HOURS)), live)
    is_counted = get_boolean_setting("count_messages")
    return Day(
        live=live,
        hours=hours,
        opened=found["opened"],
        # Of each, one is its connect.
        messages=(found["requests"] or 0) - found["opened"] if is_counted else None,
        is_partial=before is not None and before > since,
    )


def _open_at(moment: datetime) -> Any:
    still_open = Q(connected=True) | Q(updated_on__gt=moment)
    return Count("pk", filter=Q(created_on__lte=moment) & still_open)


def read_busy_channels() -> list[Busy]:
    """Read the channels with the most sockets, whether by default or by subscription."""
    by_default = WebSocketSession.objects.filter(connected=True).exclude(channel_name="")
    subscribed = Subscription.objects.filter(session__connected=True).exclude(
        # It is in there once, however it came.
        session__channel_name=F("channel_name")
    )
    each = (by_default, subscribed)
    names = {name for rows in each for name, _ in _count(rows)[:_MOST_CANDIDATES]}
    # A channel that is seldom a default may have many subscriptions: both numbers of each.
    default, others = (dict(_count(rows.filter(channel_name__in=names))) for rows in each)
    states = ChannelState.objects.filter(name__in=names)
    members = dict(states.values_list("name", "member_count"))
    every = [
        Busy(name, default.get(name, 0), others.get(name, 0), members.get(name)) for name in names
    ]
    return sorted(every, key=lambda one: (-one.sockets, one.name))[:MOST_CHANNELS]


def _count(rows: Any) -> Any:
    counted = rows.order_by().values_list("channel_name").annotate(number=Count("pk"))
    return counted.order_by("-number", "channel_name")


def read_refused_attempts() -> tuple[int, int]:
    """Read how many attempts of the last day there were, and how many of them were refused."""
    attempts = ConnectionRateLimit.objects.filter(attempt_time__gte=timezone.now() - _DAY)
    found = attempts.aggregate(every=Count("pk"), refused=Count("pk", filter=Q(successful=False)))
    return found["every"], found["refused"]


def read_refused_tokens() -> list[Refused]:
    """Read for which reasons tokens of the last day have opened nothing."""
    made = WebSocketToken.objects.filter(created_at__gte=timezone.now() - _DAY)
    refused = made.exclude(refusal="").order_by().values_list("refusal")
    counted = refused.annotate(number=Count("pk")).order_by("-number", "refusal")
    return [Refused(reason, number) for reason, number in counted[:_MOST_ROWS]]


def read_lag() -> Lag:
    """Read what the relay is late with."""
    waiting = ChannelState.objects.filter(due_on__lte=timezone.now())
    found = waiting.aggregate(due=Count("pk"), oldest=Min("due_on"))
    tasks = tuple(RelayTask.objects.order_by("name")[:_MOST_ROWS])
    return Lag(tasks=tasks, due=found["due"], oldest=found["oldest"])


def read_broadcasts() -> list[Broadcast]:
    """Read the newest broadcasts that are under way."""
    newest = QueuedBroadcast.objects.filter(finished_on=None).order_by("-created_on")
    counted = newest.annotate(
        parts=Count("ranges"),
        finished=Count("ranges", filter=Q(ranges__is_finished=True)),
        sockets=Sum("ranges__position", default=0),
    )
    return [_read_broadcast(one) for one in counted.defer("text")[:_MOST_ROWS]]


def _read_broadcast(row: Any) -> Broadcast:
    seconds = max((timezone.now() - row.created_on).total_seconds(), 1.0)
    return Broadcast(
        id=str(row.pk),
        parts=row.parts,
        finished=row.finished,
        sockets=row.sockets,
        per_second=row.sockets / seconds,
        since=row.created_on,
    )
