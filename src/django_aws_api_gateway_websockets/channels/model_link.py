"""Channels as `models` uses them: for subscriptions, the close and the deletion of a connection."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import router

from ..core.wire_protocol import ErrorCode
from ..models import ChannelPermission, Subscription, WebSocketSession
from ..models.disconnection import IDS_TOGETHER
from ..models.lifecycle import disconnected, send_after_commit
from ..sending.after_commit import after_commit
from .membership import admit, check_form, look_at, may_subscribe, take_out
from .occupancy import is_watched, settle_after_commit
from .presence import look_again
from .rechecks import recheck_places
from .registry import declared_channel, has_presence

__all__ = ["ModelLink"]


class ModelLink:
    """Does for a connection what `models` asks of channels, as a `ChannelLink`."""

    def subscribe(self, session: Any, names: Sequence[str], *, check: bool) -> list[str]:
        """Subscribe a session to channels; return those it was not in.

        Raises:
            PermissionDenied: the rules do not admit the user.
            ValueError: it is no name of a channel, or one too many.
        """
        for name in names:
            check_form(name)
        if check:
            ask = session.may_join or _rules_for(session.user, names)
            result = admit(session, names, ask, is_ruled=session.is_ruled or _yes)
        else:
            result = admit(session, names, _yes, is_ruled=_no)
        for name, (code, message) in result.refused.items():
            if code is ErrorCode.FORBIDDEN:
                raise PermissionDenied(f"Channel {name!r}: its rules do not admit the user.")
            raise ValueError(f"Channel {name!r} is one too many. {message}")
        # The view that a message came to asks again by itself.
        if check and session.may_join is None:
            using = router.db_for_write(WebSocketSession)
            after_commit(recheck_places, session, result.added, using=using)
        return result.added

    def unsubscribe(self, session: Any, names: Sequence[str]) -> list[str]:
        """End subscriptions of a session; return those it was in."""
        return take_out(session, names)

    def wants_closed(self) -> bool:
        """Tell whether anybody wants to know which connections are closed."""
        return disconnected.has_listeners(WebSocketSession) or has_presence() or is_watched()

    def note_closed(self, connection_ids: Sequence[str]) -> None:
        """Take note that these connections, which were open, are closed."""
        using = router.db_for_write(WebSocketSession)
        if disconnected.has_listeners(WebSocketSession):
            closed = WebSocketSession.objects.filter(connection_id__in=connection_ids)
            facts = [{"session": session} for session in closed.select_related("user")]
            send_after_commit(disconnected, WebSocketSession, facts, using=using)
        if has_presence() or is_watched():
            names = _channels_of(connection_ids)
            # Not before: a relay that looks meanwhile would still see them, and look no more.
            after_commit(look_again, names, using=using)
            settle_after_commit(names)

    def prepare_deletion(self, connection_ids: Sequence[str]) -> Callable[[], object]:
        """Return what tells of these open connections once their rows are deleted."""
        closed: list[WebSocketSession] = []
        names: list[str] = []
        for start in range(0, len(connection_ids), IDS_TOGETHER):
            together = connection_ids[start : start + IDS_TOGETHER]
            found = WebSocketSession.objects.filter(connection_id__in=together)
            if disconnected.has_listeners(WebSocketSession):
                closed += found.select_related("user")
            if has_presence() or is_watched():
                names += _channels_of(together)
        return partial(_tell_of_deleted, closed, list(dict.fromkeys(names)))


def _rules_for(user: Any, names: Sequence[str]) -> Callable[[str], bool]:
    """Return what asks the rules, for use without a view; the rows are read at once."""
    undeclared = [name for name in names if declared_channel(name) is None]
    rows = ChannelPermission.objects.filter(channel_name__in=undeclared) if undeclared else ()
    rules = {row.channel_name: row for row in rows}
    return lambda name: may_subscribe(user, name, rules.get(name))


def _yes(name: str) -> bool:
    return True


def _no(name: str) -> bool:
    return False


def _tell_of_deleted(sessions: Iterable[WebSocketSession], names: Iterable[str]) -> None:
    facts = [{"session": session} for session in sessions]
    using = router.db_for_write(WebSocketSession)
    send_after_commit(disconnected, WebSocketSession, facts, using=using)
    # Nothing is left that could say when they went, so there is no grace.
    look_at(names)


def _channels_of(connection_ids: Sequence[str]) -> list[str]:
    sessions = WebSocketSession.objects.filter(connection_id__in=connection_ids)
    subscribed_to = Subscription.objects.filter(session__in=sessions)
    by_default = sessions.exclude(channel_name="").values_list("channel_name", flat=True)
    names = [*by_default, *subscribed_to.values_list("channel_name", flat=True)]
    return list(dict.fromkeys(names))
