"""The rows an event is about, read before it is judged.

A connect's are its gateway, the rule of its channel and the window of its attempt; a message's its
session with user and gateway. Rows are read as far as they are needed; a project that looks at
another column loads it.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import OuterRef, QuerySet, Subquery, Value

from ..conf import get_boolean_setting
from ..models import ApiGateway, AttemptWindow, ChannelPermission, WebSocketSession, attempt_key
from ..models.attempt_window import Seen
from ..models.fingerprints import hash_user_auth
from ..models.kept_sql import KeptQuery
from ..models.login import find_user, is_read_where_written
from .event import Event
from .hooks import Hooks, accepts_channel_name, allows_method, names_handler
from .invoke import set_user

__all__ = [
    "Known",
    "confirm_user",
    "find_gateway",
    "find_gateway_of_pinned_view",
    "look_up_connect",
    "look_up_message",
]

_GATEWAY: Final = 0
_RULE: Final = 1
_WINDOW: Final = 2


@dataclass(frozen=True, slots=True)
class Known:
    """The rows that were found for an event."""

    gateway: ApiGateway | None = None
    """Record of the API the event comes from; None when nobody registered it."""
    session: WebSocketSession | None = None
    """Open session of a message; None for any other event, and when there is none."""
    channel: str | None = None
    """Channel of a connect, the gateway's own where the client names none; None if unknown."""
    rule: ChannelPermission | None = None
    """Rule of that channel, so that nobody need look for it again."""
    attempts_of: str = ""
    """Key under which the attempt to connect is counted."""
    window_opened_at: datetime | Seen = Seen.NOT_LOOKED
    """Time at which the window of that key was opened."""


def confirm_user(event: Event) -> None:
    """Ask the database that users are written to about a user who was read from a replica.

    A user who may not be logged in any more is nobody, as Django says once the replica has caught
    up. One statement; none where users are read from the database they are written to.
    """
    known = event.user
    if known is None or is_read_where_written(known):
        return
    found = find_user(pk=known.pk)
    if found is not None and hash_user_auth(found) != hash_user_auth(known):
        event.has_ended_login, found = True, None
    is_valid = found is not None and found.is_active
    set_user(event.request, found if is_valid else AnonymousUser())


def look_up_connect(view: Hooks, event: Event) -> Known:
    """Find all that decides about a connect, in one statement."""
    # PostgreSQL refuses some texts outright, and none of them is a channel.
    channel = event.channel if accepts_channel_name(view, event.channel) else None
    find = find_gateway if view.aws_api_gateway_id is None else find_gateway_of_pinned_view
    return find(event.api_id, channel, attempt_key(event.address.text, event.user))


def look_up_message(view: Hooks, event: Event) -> Known:
    """Find the open session of a message, and count the message.

    A message that gets to no handler is not counted. PostgreSQL finds and counts in one statement.
    """
    is_pinned = view.aws_api_gateway_id is not None
    is_for_a_handler = allows_method(view, event.request) and names_handler(view)
    session = WebSocketSession.find_connected(
        event.connection_id,
        event.api_id,
        or_without_api=is_pinned,
        counts_message=is_for_a_handler and get_boolean_setting("count_messages"),
    )
    if session is None:
        return Known() if is_pinned else Known(gateway=_first_gateway(event.api_id))
    if session.api_gateway is None:
        session.unrecorded_api_id = event.api_id
    return Known(gateway=session.api_gateway, session=session)


def find_gateway(api_id: str, channel: str | None, key: str) -> Known:
    """Find a gateway, the rule of a channel and the window of an attempt.

    Args:
        api_id: as API Gateway states it.
        channel: the channel the client names; None for the gateway's own.
        key: under which the attempt would be counted.
    """
    texts = {} if channel is None else {"channel": channel}
    row: Any = _GATEWAYS.first(api_id=api_id, key=key, **texts)
    if row is None:
        return Known(attempts_of=key)
    asked = channel or row.default_channel_name
    return Known(
        row,
        channel=asked,
        rule=_rule_from(row.rule_pk, asked, row.rule_access),
        attempts_of=key,
        window_opened_at=row.window_opened_at or Seen.NOWHERE,
    )


def find_gateway_of_pinned_view(api_id: str, channel: str | None, key: str) -> Known:
    """Find the same for a view that needs no record, so that there may be no gateway to start from.

    Three kinds of rows come in one response, each as primary key, text, time and kind.
    """
    gateways = ApiGateway.objects.filter(api_id=api_id).order_by("pk")
    name: Any = channel or Subquery(gateways.values("default_channel_name")[:1])
    rules = ChannelPermission.objects.filter(channel_name=name)
    windows = AttemptWindow.objects.filter(key=key)
    found: dict[int, tuple[int, str, datetime]] = {}
    for pk, text, moment, kind in _as_kind(
        _GATEWAY, gateways.order_by(), "default_channel_name", "created_on"
    ).union(
        _as_kind(_RULE, rules.order_by(), "access", "created_on"),
        _as_kind(_WINDOW, windows, "key", "opened_at"),
        all=True,
    ):
        # Of several records of one API the first counts.
        if kind not in found or pk < found[kind][0]:
            found[kind] = pk, text, moment
    row_pk, default_channel, _ = found.get(_GATEWAY, (None, "", None))
    rule_pk, access, _ = found.get(_RULE, (None, None, None))
    asked = channel or default_channel
    columns = {"id": row_pk, "default_channel_name": default_channel, "api_id": api_id}
    return Known(
        None if row_pk is None else _partial(gateways, columns),
        channel=asked,
        rule=_rule_from(rule_pk, asked, access),
        attempts_of=key,
        window_opened_at=found[_WINDOW][2] if _WINDOW in found else Seen.NOWHERE,
    )


def _gateways(api_id: str, key: str, channel: str | None = None) -> QuerySet[ApiGateway]:
    name = OuterRef("default_channel_name") if channel is None else Value(channel)
    rules = ChannelPermission.objects.filter(channel_name=name)
    return (
        ApiGateway.objects.filter(api_id=api_id)
        .order_by("pk")
        .annotate(
            rule_pk=Subquery(rules.values("pk")[:1]),
            rule_access=Subquery(rules.values("access")[:1]),
            window_opened_at=Subquery(AttemptWindow.objects.filter(key=key).values("opened_at")),
        )[:1]
    )


_GATEWAYS: Final = KeptQuery(ApiGateway, _gateways)


def _first_gateway(api_id: str) -> ApiGateway | None:
    return ApiGateway.objects.filter(api_id=api_id).order_by("pk").first()


def _as_kind(kind: int, rows: QuerySet[Any], text: str, moment: str) -> QuerySet[Any, Any]:
    marked = rows.annotate(kind=Value(kind, models.IntegerField()))
    found: QuerySet[Any, Any] = marked.values_list("pk", text, moment, "kind")
    return found


def _rule_from(pk: int | None, channel: str, access: str | None) -> ChannelPermission | None:
    if pk is None:
        return None
    columns = {"id": pk, "channel_name": channel, "access": access}
    rule: ChannelPermission = _partial(ChannelPermission.objects.all(), columns)
    return rule


def _partial(rows: QuerySet[Any], columns: dict[str, Any]) -> Any:
    """Make a row of which only these columns, in the order of the model, have been read."""
    return rows.model.from_db(rows.db, list(columns), list(columns.values()))
