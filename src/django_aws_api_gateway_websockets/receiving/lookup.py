"""The gateway a connect comes from, with what else is worth knowing before it is answered.

Rows are read as far as a connect needs them; a project that looks at another column loads it.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import models
from django.db.models import OuterRef, QuerySet, Subquery, Value

from ..models import ApiGateway, AttemptWindow, ChannelPermission
from ..models.attempt_window import Seen
from ..models.prepared import PreparedQuery

__all__ = ["KnownGateway", "find_gateway", "find_gateway_of_pinned_view"]

_GATEWAY: Final = 0
_RULE: Final = 1
_WINDOW: Final = 2


@dataclass(frozen=True, slots=True)
class KnownGateway:
    """The gateway a connect comes from."""

    row: ApiGateway | None
    """Its record, or None when nobody registered it."""
    channel: str | None
    """The channel asked for, or else the gateway's own; None when that is not known."""
    rule: ChannelPermission | None
    """The rule of that channel, so that nobody need look for one again."""
    window_opened_at: datetime | Seen
    """When the window the attempt would be counted in was opened."""


def find_gateway(api_id: str, channel: str | None, key: str) -> KnownGateway:
    """The gateway of a connect, the rule of its channel and the window of its attempt; one query.

    Args:
        api_id: as API Gateway states it.
        channel: the channel the client names; None for the gateway's own.
        key: under which the attempt would be counted.
    """
    texts = {} if channel is None else {"channel": channel}
    row: Any = _GATEWAYS.first(api_id=api_id, key=key, **texts)
    if row is None:
        return KnownGateway(None, channel=None, rule=None, window_opened_at=Seen.NOT_LOOKED)
    asked = channel or row.default_channel_name
    return KnownGateway(
        row,
        channel=asked,
        rule=_rule_from(row.rule_pk, asked, row.rule_access),
        window_opened_at=row.window_opened_at or Seen.NOWHERE,
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


_GATEWAYS: Final = PreparedQuery(ApiGateway, _gateways)


def find_gateway_of_pinned_view(api_id: str, channel: str | None, key: str) -> KnownGateway:
    """As `find_gateway`, for a view that needs no record: what else there is is found without one.

    Three kinds of rows come in one answer, each as primary key, text and time.
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
    return KnownGateway(
        None if row_pk is None else _partial(gateways, columns),
        channel=asked,
        rule=_rule_from(rule_pk, asked, access),
        window_opened_at=found[_WINDOW][2] if _WINDOW in found else Seen.NOWHERE,
    )


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
    """A row of which only these columns, in the order of the model, have been read."""
    return rows.model.from_db(rows.db, list(columns), list(columns.values()))
