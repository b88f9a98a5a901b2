"""Tells a channel of its members, and the project of who has joined and left.

The members that were announced stand in rows. A change is found by comparing them with the members
there are, under the lock of the channel's row, and is announced once a second at most; what comes
within that second waits for the next change, or for the relay.
"""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from functools import partial
from typing import Any, Final

from django.db import router, transaction
from django.db.models import Case, DateTimeField, F, Q, Value, When
from django.utils import timezone

from ..core.wire_protocol import presence_frame
from ..models import ChannelMember, ChannelState, WebSocketSession
from ..models.deadlocks import outlast_deadlocks
from ..models.lifecycle import joined, left, send_after_commit
from ..sending.after_commit import after_commit
from ..sending.frames import is_too_large
from .description import describe
from .members import GRACE, Present, find_present, first_leave
from .publication import send_frame
from .registry import Declared, declared_channel

__all__ = ["MOST_NAMED", "announce", "announce_after_commit", "look_again", "snapshots"]

BETWEEN_CHANGES: Final = timedelta(seconds=1)
"""Time between two changes that are announced to a channel."""

MOST_NAMED: Final = 500
"""Members that are named; a larger room is told their number only."""


def announce_after_commit(channel_names: Iterable[str]) -> None:
    """Announce what has changed in these channels, once the open transaction is committed."""
    with_presence = [name for name in channel_names if _has_presence(name)]
    if with_presence:
        using = router.db_for_write(ChannelState)
        after_commit(_announce_all, with_presence, using=using)


def announce(channel_name: str, *, at_once: bool = False) -> bool:
    """Announce what has changed among the members of a channel; False when nothing has.

    Within a second of another change it is left to the next one, or to the relay.

    Args:
        channel_name: the channel.
        at_once: announce it although another change was announced a moment ago.
    """
    channel = declared_channel(channel_name)
    if channel is None or not channel.presence:
        return False
    using = router.db_for_write(ChannelState)
    tell = partial(_announce, channel, using, at_once=at_once)
    return outlast_deadlocks(tell, using=using)


def look_again(channel_names: Iterable[str], *, after: timedelta = GRACE) -> None:
    """Have the relay look at the members of these channels again, after some time."""
    names = [name for name in channel_names if _has_presence(name)]
    moment = timezone.now() + after
    earliest = Case(
        When(Q(due_on=None) | Q(due_on__gt=moment), then=Value(moment)),
        default=F("due_on"),
        output_field=DateTimeField(),
    )
    for name in sorted(names):
        # Each row, even one that is being announced now: the relay has to see the outcome.
        ChannelState.objects.filter(name=name).update(due_on=earliest)


def snapshots(channels: Iterable[Declared]) -> dict[str, dict[str, Any]]:
    """Return what a client is told of channels with presence when it comes; two queries."""
    with_presence = {channel.name: channel for channel in channels if channel.presence}
    if not with_presence:
        return {}
    found: dict[str, dict[str, Any]] = {}
    counted = {}
    for state in ChannelState.objects.filter(name__in=with_presence):
        found[state.name] = {"version": state.version}
        counted[state.name] = state.member_count
    named = [name for name, count in counted.items() if _names_members(with_presence[name], count)]
    members: dict[str, list[Any]] = {name: [] for name in named}
    using = router.db_for_write(ChannelState)
    for row in ChannelMember.objects.filter(channel_name__in=named).select_related("user"):
        described = describe(with_presence[row.channel_name], row, using=using)
        members[row.channel_name].append(described)
    for name, channel in with_presence.items():
        of_members: dict[str, Any] = {"count": counted.get(name, 0)}
        if name in members or (name not in counted and channel.presence != "count"):
            of_members = {"members": members.get(name, [])}
        found[name] = {"version": 0} | found.get(name, {}) | of_members
    return found


def _announce_all(channel_names: list[str]) -> None:
    for name in channel_names:
        announce(name)


def _announce(channel: Declared, using: str, *, at_once: bool) -> bool:
    with transaction.atomic(using=using):
        if not _take_turn(channel.name, at_once=at_once):
            return False
        state = ChannelState.objects.get(name=channel.name)
        present = find_present(channel.name)
        frame = (
            _count(state, present)
            if channel.presence == "count"
            else _compare(channel, state, present, using)
        )
        state.due_on = first_leave(present.values())
        if frame is None:
            # Nothing was said, so that the next change need not wait.
            state.announced_on = None
        else:
            after_commit(send_frame, channel.name, frame, using=using)
        state.save(update_fields=["version", "member_count", "announced_on", "due_on"], using=using)
    return frame is not None


def _take_turn(channel_name: str, *, at_once: bool) -> bool:
    """Lock the row of a channel until the commit, unless a change was announced a moment ago."""
    now = timezone.now()
    row = ChannelState.objects.filter(name=channel_name)
    free = (
        row
        if at_once
        else row.filter(Q(announced_on=None) | Q(announced_on__lte=now - BETWEEN_CHANGES))
    )
    # A write comes first: SQLite does not let a transaction that has read write after another one.
    if free.update(announced_on=now, due_on=None):
        return True
    if not row.exists():
        ChannelState.objects.bulk_create([ChannelState(name=channel_name)], ignore_conflicts=True)
        if free.update(announced_on=now, due_on=None):
            return True
    look_again([channel_name], after=BETWEEN_CHANGES)
    return False


def _count(state: ChannelState, present: Mapping[str, Present]) -> dict[str, Any] | None:
    if state.member_count == len(present):
        return None
    state.member_count = len(present)
    state.version += 1
    return presence_frame(state.name, state.version, count=state.member_count)


def _compare(
    channel: Declared, state: ChannelState, present: Mapping[str, Present], using: str
) -> dict[str, Any] | None:
    """Bring the rows of members up to date, and return the frame that tells of it."""
    rows = ChannelMember.objects.filter(channel_name=channel.name).select_related("user")
    announced = {row.key: row for row in rows}
    gone = [row for key, row in announced.items() if key not in present]
    new_keys = [key for key in present if key not in announced]
    if not gone and not new_keys:
        return None
    ChannelMember.objects.filter(pk__in=[row.pk for row in gone]).delete()
    _add_members(channel, {key: present[key] for key in new_keys})
    new = list(rows.filter(key__in=new_keys).order_by("pk"))
    told = {row.key: describe(channel, row, using=using) for row in (*new, *gone)}
    _tell_project(channel, new, gone, told=told, using=using)
    were_named = _names_members(channel, state.member_count)
    state.member_count = len(present)
    state.version += 1
    if _names_members(channel, state.member_count):
        changes: dict[str, Any]
        if were_named:
            changes = {
                "joined": [told[row.key] for row in new],
                "left": [told[row.key] for row in gone],
            }
        else:
            # Clients have only heard numbers for a while.
            everybody = rows.order_by("pk")
            changes = {
                "members": [
                    told.get(row.key) or describe(channel, row, using=using) for row in everybody
                ]
            }
        frame = presence_frame(state.name, state.version, **changes)
        if not is_too_large(frame):
            return frame
    return presence_frame(state.name, state.version, count=state.member_count)


def _add_members(channel: Declared, new: Mapping[str, Present]) -> None:
    members = [
        ChannelMember(channel_name=channel.name, key=key, user_id=one.user_id)
        for key, one in new.items()
    ]
    ChannelMember.objects.bulk_create(members, ignore_conflicts=True)


def _tell_project(
    channel: Declared,
    new: list[ChannelMember],
    gone: list[ChannelMember],
    *,
    told: Mapping[str, dict[str, Any]],
    using: str,
) -> None:
    for signal, rows in ((joined, new), (left, gone)):
        facts = [
            {"channel_name": channel.name, "user": row.user, "member": told[row.key]}
            for row in rows
        ]
        send_after_commit(signal, WebSocketSession, facts, using=using)


def _has_presence(channel_name: str) -> bool:
    channel = declared_channel(channel_name)
    return channel is not None and bool(channel.presence)


def _names_members(channel: Declared, count: int) -> bool:
    return channel.presence != "count" and count <= MOST_NAMED
