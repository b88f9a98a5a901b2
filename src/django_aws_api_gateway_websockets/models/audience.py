"""The sessions a queryset reaches: each once, whatever the queryset is made of.

A join across a to-many relation repeats rows, a slice takes no filter, and a union takes neither
filters nor other columns. Reading keeps the order and takes one statement; narrowing returns a
queryset that takes further filters, and cannot always keep the order.
"""

import logging
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from typing import Any, Final, TypeVar

from django.contrib.auth import get_user_model
from django.core.exceptions import EmptyResultSet, FieldDoesNotExist, FieldError
from django.db import connections
from django.db.models import ForeignObjectRel, Q, QuerySet
from django.db.models.sql import Query
from django.db.models.sql.datastructures import Join
from django.utils import timezone

from ..sending.messages import Recipient
from .gateway import ApiGateway
from .login import is_of_present_user

__all__ = [
    "can_be_sent_to",
    "is_of_active_user",
    "log_empty_audience",
    "narrow",
    "read_recipients",
]

S = TypeVar("S", bound=QuerySet[Any])

logger = logging.getLogger("django_aws_api_gateway_websockets.models")

ADDRESS: Final = ("connection_id", "api_gateway__api_id", "api_gateway__stage_name")
"""Columns with the address of a session."""

_IS_WANTED: Final = "websockets_is_wanted"


def can_be_sent_to() -> Q:
    """Return the condition of sessions that can be sent to.

    They are connected, and the login of their user has not ended, by whatever means the row of the
    user was changed.
    """
    return Q(connected=True) & is_of_active_user()


def is_of_active_user() -> Q:
    """Return the condition of sessions whose user may still log in; anonymous ones are among."""
    present = is_of_present_user()
    try:
        get_user_model()._meta.get_field("is_active")
    except FieldDoesNotExist:
        return present
    return present & (Q(user=None) | Q(user__is_active=True))


def read_recipients(sessions: QuerySet[Any], condition: Q | None = None) -> Iterator[Recipient]:
    """Yield the addresses of the sessions the condition is true of, in their order.

    A session that comes several times stands where it comes first.
    """
    seen: set[str] = set()
    # An unwanted session has its place in a slice, too, and is left out where it is read.
    is_late = condition is not None and _has_slice(sessions.query)
    # Not with iterator(): it leaves a cursor on the server, which is not found again behind a pool
    # such as PgBouncer's that gives every statement another connection.
    rows = _rows(sessions, condition, is_late=is_late)
    for connection_id, api_id, stage, *is_wanted in rows:
        if connection_id not in seen and (not is_late or is_wanted[0]):
            seen.add(connection_id)
            yield recipient_at(connection_id, api_id, stage)


def recipient_at(connection_id: str, api_id: str | None, stage: str | None) -> Recipient:
    """Return the recipient with these columns of `ADDRESS`; without gateway it has no API id."""
    return Recipient(connection_id, api_id or "", stage or ApiGateway.DEFAULT_STAGE_NAME)


def narrow(sessions: S, condition: Q) -> S:
    """Return the sessions the condition is true of, each once, as a queryset that takes filters.

    Where they have to be found by their keys, an order by anything but columns of the session, or
    of what it belongs to, becomes that of the keys.
    """
    query = sessions.query
    every: S = sessions.model.objects.using(sessions.db)
    if query.is_sliced or query.combinator:
        found = every.filter(condition, pk__in=_keys(sessions))
    elif query.has_select_fields or query.distinct_fields or _repeats_rows(sessions):
        found = every.filter(pk__in=sessions.filter(condition).values("pk"))
    else:
        return sessions.filter(condition)
    in_order = _in_order_of(sessions, found)
    return found.order_by("pk") if in_order is None else in_order


def log_empty_audience(sessions: QuerySet[Any]) -> None:
    """Log at INFO that a message reached nobody, and how many have left the channel lately.

    That is no error, and is the first thing to know when nothing arrives. The statement that counts
    is made only for a log that is kept, and for channels that are known.
    """
    if logger.isEnabledFor(logging.INFO):
        logger.info("A message was sent to nobody: 0 live sockets in %s.", _describe(sessions))


def _describe(sessions: QuerySet[Any]) -> str:
    channels = _channels_of(sessions)
    if not channels:
        return "the queryset"
    gone = sessions.model.objects.using(sessions.db).filter(
        channel_name__in=channels,
        connected=False,
        updated_on__gte=timezone.now() - timedelta(hours=1),
    )
    names = ", ".join(f'"{name}"' for name in channels)
    return f"{names} ({gone.count()} gone in the last hour)"


def _channels_of(sessions: QuerySet[Any]) -> list[str]:
    """Return the channels a queryset is narrowed to; empty where that is not plain to see."""
    where: Any = sessions.query.where
    if sessions.query.combinator or where.connector != where.default or where.negated:
        return []
    column = sessions.model._meta.get_field("channel_name")
    for lookup in where.children:
        if getattr(getattr(lookup, "lhs", None), "target", None) is not column:
            continue
        if lookup.lookup_name == "exact" and isinstance(lookup.rhs, str):
            return [lookup.rhs]
        if lookup.lookup_name == "in" and isinstance(lookup.rhs, list | tuple | set):
            return sorted(map(str, lookup.rhs))
    return []


def _rows(sessions: QuerySet[Any], condition: Q | None, *, is_late: bool) -> Any:
    """Return the address of each session and, where it is seen late, whether it is wanted."""

    def columns_of(part: QuerySet[Any], further: Iterable[str] = ()) -> Any:
        if is_late:
            marked: Any = part.annotate(**{_IS_WANTED: condition})
            return marked.values_list(*ADDRESS, _IS_WANTED, *further)
        wanted = part if condition is None else part.filter(condition)
        return wanted.values_list(*ADDRESS, *further)

    return _select(sessions, columns_of, besides=ADDRESS)


def _keys(sessions: QuerySet[Any]) -> Any:
    """Return the primary keys of a slice or a union, in a form that `IN` takes."""

    def columns_of(part: QuerySet[Any], further: Iterable[str] = ()) -> Any:
        return part.values_list("pk", *further)

    features: Any = connections[sessions.db].features
    if not sessions.query.combinator:
        keys = columns_of(sessions)
        # MySQL takes no slice in a sub-select.
        return keys if features.allow_sliced_subqueries_with_in else [key for (key,) in keys]
    if _has_slice(sessions.query):
        # A sub-select has one column, and this one needs those it is ordered by.
        return [key for key, *_ in _select(sessions, columns_of, besides=["pk"])]
    return _select(sessions.order_by(), columns_of, besides=["pk"])


def _select(
    sessions: QuerySet[Any], columns_of: Callable[..., Any], *, besides: Iterable[str]
) -> Any:
    """Return other columns of these sessions; each part of a union has those it is ordered by."""
    if not sessions.query.combinator:
        return columns_of(sessions)
    further = sorted(_names_in_order(sessions.query) - set(besides))

    def combined(query: Query) -> Any:
        part = sessions.model.objects.using(sessions.db)
        if not query.combinator:
            part.query = query.clone()
            return columns_of(part, further)
        first, *others = map(combined, query.combined_queries)
        options = {"all": True} if query.combinator_all else {}
        whole = getattr(first, query.combinator)(*others, **options).order_by(*query.order_by)
        whole = whole if query.standard_ordering else whole.reverse()
        return whole[query.low_mark : query.high_mark] if query.is_sliced else whole

    return combined(sessions.query)


def _has_slice(query: Query) -> bool:
    return query.is_sliced or any(map(_has_slice, query.combined_queries))


def _names_in_order(query: Query) -> set[str]:
    """Return the columns and annotations a union, and the unions in it, are ordered by."""
    if not query.combinator:
        return set()
    terms = (getattr(term, "expression", term) for term in query.order_by)
    # A column comes as its name, or as an F that has it.
    names = (getattr(term, "name", term) for term in terms)
    own = {name.lstrip("-+") for name in names if isinstance(name, str) and name != "?"}
    return own.union(*map(_names_in_order, query.combined_queries))


def _in_order_of(sessions: QuerySet[Any], found: S) -> S | None:
    """Return the found ones in the order of the sessions; None where they have no such order."""
    if not sessions.query.order_by:
        return None
    try:
        ordered = found.order_by(*sessions.query.order_by)
        if not sessions.query.standard_ordering:
            ordered = ordered.reverse()
        return None if _repeats_rows(ordered) else ordered
    except FieldError:
        # They are ordered by an annotation, which the found ones do not have.
        return None


def _repeats_rows(sessions: QuerySet[Any]) -> bool:
    """Tell whether filters or order may make a session come several times."""
    query = sessions.query.clone()
    if len(query.alias_map) <= 1 and not query.order_by:
        return False
    try:
        # Only this adds the joins the order needs.
        query.get_compiler(using=sessions.db).pre_sql_setup()
    except EmptyResultSet:
        return False
    joins = (join for alias, join in query.alias_map.items() if query.alias_refcount[alias])
    return any(isinstance(join, Join) and not _is_to_one(join.join_field) for join in joins)


def _is_to_one(field: Any) -> bool:
    if isinstance(field, ForeignObjectRel):
        return not field.multiple
    return bool(field.many_to_one or field.one_to_one)
