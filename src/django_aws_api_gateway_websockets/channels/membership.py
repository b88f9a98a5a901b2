"""Connections come into channels and go from them: rows, then presence and signals."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from django.contrib.auth.models import AnonymousUser
from django.db import router, transaction

from ..conf import get_setting
from ..core.wire_protocol import ErrorCode
from ..models import ChannelPermission, Subscription, WebSocketSession
from ..models.deadlocks import outlast_deadlocks
from ..models.lifecycle import connected, send_after_commit, subscribed, unsubscribed
from ..models.subscription import lock_session
from .occupancy import settle_after_commit
from .presence import announce_after_commit
from .registry import declared_channel

__all__ = [
    "JoinResult",
    "admit",
    "check_form",
    "look_at",
    "may_subscribe",
    "note_connected",
    "note_moved",
    "take_out",
]

LONGEST_NAME: Final = 128


@dataclass(slots=True)
class JoinResult:
    """The result of a wish to be in some channels."""

    admitted: list[str] = field(default_factory=list)
    """Channels the connection is in now."""
    refused: dict[str, tuple[ErrorCode, str]] = field(default_factory=dict)
    """Channels it may not be in, each with the reason."""
    added: list[str] = field(default_factory=list)
    """Channels it was not in before."""


def may_subscribe(user: Any, channel_name: str, rule: ChannelPermission | None) -> bool:
    """Decide by the rules of a channel; by its declaration, or else by its row.

    Args:
        user: None for an anonymous one.
        channel_name: the channel.
        rule: its row, if it has one; without declaration and row nobody is kept out.
    """
    asking = AnonymousUser() if user is None else user
    channel = declared_channel(channel_name)
    if channel is not None:
        return bool(channel.may_subscribe(asking))
    return rule is None or rule.allows(asking)


def admit(
    session: WebSocketSession,
    names: Sequence[str],
    may_join: Callable[[str], bool],
    *,
    is_ruled: Callable[[str], bool],
    client_id: str | None = None,
) -> JoinResult:
    """Put a connection into those of some channels that it may be in.

    A right may end between the question and the commit: `rechecks.recheck_places` asks once more.

    Args:
        session: the connection.
        names: channels, whose form is known to be right.
        may_join: asks the rules.
        is_ruled: tells of a channel that it lets in whether it was its rules that did.
        client_id: becomes that of the connection; None leaves it.
    """
    refused = {}
    allowed = []
    unruled = set()
    for name in dict.fromkeys(names):
        if may_join(name):
            allowed.append(name)
            if not is_ruled(name):
                unruled.add(name)
        else:
            refused[name] = ErrorCode.FORBIDDEN, "You may not be in this channel."
    if not allowed and client_id is None:
        return JoinResult(refused=refused)
    using = router.db_for_write(WebSocketSession)
    put = partial(_put, session, allowed, unruled, client_id=client_id, using=using)
    result = outlast_deadlocks(put, using=using)
    result.refused |= refused
    if result.added:
        _tell(subscribed, session, result.added)
    return result


def take_out(
    session: WebSocketSession, names: Collection[str], *, reason: str = "unsubscribed"
) -> list[str]:
    """End subscriptions of a connection, and return the channels it was in."""
    ended = Subscription.remove(session, names)
    if ended:
        _tell(unsubscribed, session, ended, reason=reason)
    return ended


def note_connected(session: WebSocketSession) -> None:
    """Tell of a connection that has been admitted."""
    using = router.db_for_write(WebSocketSession)
    send_after_commit(connected, WebSocketSession, [{"session": session}], using=using)
    look_at([session.channel_name])


def note_moved(session: WebSocketSession, old_channel: str) -> None:
    """Tell of a connection whose default channel is another one now."""
    look_at([old_channel, session.channel_name])


def check_form(name: object) -> None:
    """Refuse what cannot be the name of a channel.

    Raises:
        ValueError: it is no text, empty, too long, or has blanks around it or control characters.
    """
    if not isinstance(name, str) or not name or name != name.strip() or not name.isprintable():
        if hasattr(name, "compiled_pattern"):
            raise ValueError(f"{name!r} is a channel: give its name, {str(name)!r}.")
        raise ValueError(f"{name!r} is no name of a channel: give it letters, digits, - and _.")
    if len(name) > LONGEST_NAME:
        raise ValueError(f"{name[:20]!r}… has {len(name)} characters; names have 128 at most.")


def look_at(names: Iterable[str]) -> None:
    """Tell of what has changed in some channels, once the open transaction is committed."""
    announce_after_commit(names)
    settle_after_commit(names)


def _put(
    session: WebSocketSession,
    names: Sequence[str],
    unruled: Collection[str],
    *,
    client_id: str | None,
    using: str,
) -> JoinResult:
    with transaction.atomic(using=using, savepoint=False):
        lock_session(session, using=using, client_id=client_id)
        result = _find_room(session, names) if names else JoinResult()
        if result.added:
            Subscription.add(session, result.added, unruled=unruled)
    return result


def _find_room(session: WebSocketSession, names: Sequence[str]) -> JoinResult:
    result = JoinResult()
    there = set(session.subscriptions.values_list("channel_name", flat=True))
    most = get_setting("max_channels_per_connection")
    for name in names:
        if name in there:
            result.admitted.append(name)
        elif len(there) + len(result.added) < most:
            result.admitted.append(name)
            result.added.append(name)
        else:
            text = f"A connection may be in {most} channels."
            result.refused[name] = ErrorCode.TOO_MANY_CHANNELS, text
    return result


def _tell(signal: Any, session: WebSocketSession, names: Iterable[str], **facts: Any) -> None:
    told = [{"session": session, "channel_name": name, **facts} for name in names]
    using = router.db_for_write(WebSocketSession)
    send_after_commit(signal, WebSocketSession, told, using=using)
    look_at(names)
