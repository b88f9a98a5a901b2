"""The rules of channels, asked again for the connections that are in; those refused are taken out.

That happens in the transaction that ends a right, so no message that is published after its commit
reaches them. They are told of it after the commit.
"""

import logging
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from django.db import Error, router, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from ..core.wire_protocol import unsubscribed_frame
from ..models import ChannelPermission, Subscription, WebSocketSession
from ..models.channel_sessions import is_in_channels
from ..models.lifecycle import send_after_commit, unsubscribed
from ..models.login import find_user
from ..sending.after_commit import after_commit
from ..sending.frames import post_frame
from .membership import may_subscribe
from .occupancy import settle_after_commit
from .presence import announce_after_commit
from .registry import declared_channel

__all__ = [
    "recheck_channel",
    "recheck_places",
    "recheck_subscriptions",
    "recheck_users",
    "register_view_questions",
]

logger = logging.getLogger("django_aws_api_gateway_websockets.models")

REASON: Final = "You may no longer be in this channel."

_PAGE: Final = 500
"""Connections looked at with one statement."""


class _Place(NamedTuple):
    """One connection in one channel."""

    session: WebSocketSession
    channel_name: str


def recheck_channel(channel_name: str, users: Iterable[Any] | None = None) -> int:
    """Ask the rules of a channel again for those who are in, and take out those who may not be.

    Args:
        channel_name: the channel.
        users: only these; None asks for everybody.

    Returns:
        The number of connections that were taken out.
    """
    sessions = WebSocketSession.objects.filter(
        is_in_channels(WebSocketSession, [channel_name]), connected=True
    ).exclude(_is_there_unruled(channel_name))
    if users is not None:
        sessions = sessions.filter(user__in=[user.pk for user in users])
    return _take_out_refused(_Place(session, channel_name) for session in _pages(sessions))


def recheck_users(users: Q) -> int:
    """Ask the rules of every channel again in which users are.

    Args:
        users: condition of sessions, such as `Q(user__in=...)`.

    Returns:
        The number of times a connection was taken out of a channel.
    """
    sessions = WebSocketSession.objects.filter(users, connected=True)
    return _take_out_refused(_places_of(sessions))


def recheck_subscriptions(subscriptions: QuerySet[Subscription]) -> int:
    """Ask the rules again for these subscriptions; those that stand are marked as checked."""
    rows = list(subscriptions.select_related("session"))
    places = [_Place(row.session, row.channel_name) for row in rows if row.is_ruled]
    taken_out = _take_out_refused(places, keeps_on_database_error=True)
    checked = Subscription.objects.filter(pk__in=[row.pk for row in rows])
    checked.update(checked_on=timezone.now())
    return taken_out


def recheck_places(session: WebSocketSession, channel_names: Collection[str]) -> list[str]:
    """Ask again for the channels a connection has just come into, once that is committed.

    A right that ended between the question and the commit took nobody out: whoever ended it could
    not see this connection yet. And whoever ends one later does see it.

    Returns:
        The channels it was taken out of.
    """
    refused = _refused(_Place(session, name) for name in channel_names)
    if refused:
        # A connection that was allowed in need not have come in.
        there = {
            session.channel_name,
            *session.subscriptions.values_list("channel_name", flat=True),
        }
        refused = [place for place in refused if place.channel_name in there]
        _take_out_all(refused)
    return [place.channel_name for place in refused]


def _is_there_unruled(channel_name: str) -> Q:
    unruled = Subscription.objects.filter(channel_name=channel_name, is_ruled=False)
    return Q(pk__in=unruled.values("session"))


def _places_of(sessions: QuerySet[WebSocketSession]) -> Iterator[_Place]:
    # Nothing says of a default channel whether its rules or the view itself let the user in.
    is_default_ruled = not _views.have_own_channel_rule()
    for session in _pages(sessions.prefetch_related("subscriptions")):
        subscriptions = {one.channel_name: one.is_ruled for one in session.subscriptions.all()}
        # It may have subscribed to its own default channel.
        for name, is_ruled in ({session.channel_name: is_default_ruled} | subscriptions).items():
            if name and is_ruled:
                yield _Place(session, name)


def _pages(sessions: QuerySet[WebSocketSession]) -> Iterator[WebSocketSession]:
    last = 0
    while page := list(sessions.filter(pk__gt=last).order_by("pk")[:_PAGE]):
        yield from page
        last = page[-1].pk


def _take_out_refused(places: Iterable[_Place], *, keeps_on_database_error: bool = False) -> int:
    refused = _refused(places, keeps_on_database_error=keeps_on_database_error)
    _take_out_all(refused)
    return len(refused)


def _refused(places: Iterable[_Place], *, keeps_on_database_error: bool = False) -> list[_Place]:
    """Return the places whose rules say no.

    Args:
        places: connections in channels.
        keeps_on_database_error: leaves those in whose rules fail in the database, to be asked
            again later.
    """
    rules = _Rules()
    using = router.db_for_write(WebSocketSession)
    refused = []
    failed = set()
    for place in places:
        try:
            if not rules.admit(place):
                refused.append(place)
        except Error:
            if not keeps_on_database_error or transaction.get_connection(using).in_atomic_block:
                raise
            if place.channel_name not in failed:
                logger.exception("The rules of channel %s could not be asked.", place.channel_name)
            failed.add(place.channel_name)
    return refused


def _take_out_all(places: Iterable[_Place]) -> None:
    by_channel: dict[str, list[WebSocketSession]] = {}
    for place in places:
        by_channel.setdefault(place.channel_name, []).append(place.session)
    # Sessions before their subscriptions, as they are locked by those who subscribe.
    for name, sessions in by_channel.items():
        _clear_default_channel(name, sessions)
    for name, sessions in by_channel.items():
        _take_out(name, sessions)


class _Rules:
    """The rules of channels, asked once for each user and channel."""

    def __init__(self) -> None:
        self._users: dict[Any, Any] = {None: None}
        self._rows: dict[str, ChannelPermission | None] = {}
        self._answers: dict[tuple[Any, str], bool] = {}

    def admit(self, place: _Place) -> bool:
        """Tell whether the user of a connection may still be in the channel."""
        user_id, name = place.session.user_id, place.channel_name
        if (user_id, name) not in self._answers:
            self._answers[user_id, name] = self._ask(user_id, name)
        return self._answers[user_id, name]

    def _ask(self, user_id: Any, name: str) -> bool:
        if user_id not in self._users:
            # Read anew: a user that a project holds may remember rights it has lost.
            self._users[user_id] = find_user(pk=user_id)
        user = self._users[user_id]
        if user_id is not None and (user is None or not getattr(user, "is_active", True)):
            return False
        if declared_channel(name) is None and name not in self._rows:
            self._rows[name] = ChannelPermission.for_channel(name)
        rule = self._rows.get(name)
        if rule is None and declared_channel(name) is None:
            return not _views.refuse_unlisted()
        try:
            return may_subscribe(user, name, rule)
        except Error:
            # The transaction may be lost with it.
            raise
        except Exception:
            # The code that ends a right must not fail by a broken rule, nor keep anybody in by it.
            logger.exception("The rules of channel %s could not be asked.", name)
            return False


def _never() -> bool:
    return False


@dataclass(slots=True)
class _Views:
    """Questions that only the project's views can answer."""

    refuse_unlisted: Callable[[], bool] = _never
    have_own_channel_rule: Callable[[], bool] = _never


_views: Final = _Views()


def register_view_questions(
    *, refuse_unlisted: Callable[[], bool], have_own_channel_rule: Callable[[], bool]
) -> None:
    """Register the functions that ask the project's views.

    Args:
        refuse_unlisted: tells whether channels without a rule are closed.
        have_own_channel_rule: tells whether a view decides itself who may be in a channel.
    """
    _views.refuse_unlisted, _views.have_own_channel_rule = refuse_unlisted, have_own_channel_rule


def _clear_default_channel(channel_name: str, sessions: Iterable[WebSocketSession]) -> None:
    keys = [session.pk for session in sessions if session.channel_name == channel_name]
    if keys:
        still_there = WebSocketSession.objects.filter(pk__in=keys, channel_name=channel_name)
        still_there.update(channel_name="")


def _take_out(channel_name: str, sessions: list[WebSocketSession]) -> None:
    keys = [session.pk for session in sessions]
    using = router.db_for_write(WebSocketSession)
    Subscription.objects.filter(session__in=keys, channel_name=channel_name).delete()
    facts = [
        {"session": session, "channel_name": channel_name, "reason": REASON} for session in sessions
    ]
    send_after_commit(unsubscribed, WebSocketSession, facts, using=using)
    after_commit(_tell_clients, channel_name, keys, using=using)
    announce_after_commit([channel_name])
    settle_after_commit([channel_name])


def _tell_clients(channel_name: str, keys: list[int]) -> None:
    # Others than clients of the protocol know no such frame.
    speaking = WebSocketSession.objects.filter(pk__in=keys, connected=True).exclude(client_id="")
    frame = unsubscribed_frame(channel_name, REASON)
    WebSocketSession.mark_gone(post_frame(speaking.recipients(), frame))
