"""The open session a message belongs to, found with its user and gateway, and counted."""

from typing import Any, Generic, TypeVar

from django.db.models import Model, Q, QuerySet

from .gateway import ApiGateway
from .kept_sql import KeptCount
from .login import is_of_present_user, may_hide_users

__all__ = ["OpenSession", "is_of_api"]

S = TypeVar("S", bound=Model)


class OpenSession(Generic[S]):
    """Finds the connected session of a connection id.

    Args:
        model: the model of sessions.
        or_without_api: True when a session without gateway will do.
    """

    def __init__(self, model: type[S], *, or_without_api: bool) -> None:
        def build(connection_id: str, api_id: str) -> QuerySet[S]:
            owned = is_of_api(api_id, or_without_api=or_without_api)
            # An id is that of one connection, so that no order and no limit is needed.
            return model._default_manager.filter(owned, connection_id=connection_id, connected=True)

        self._query = KeptCount(
            model, build, column="request_count", complete=_complete, may_change=may_hide_users
        )

    def find(self, connection_id: str, api_id: str, *, counts_message: bool) -> S | None:
        """Return the session, or None; counting is part of the statement where that can be."""
        counts_while_finding = counts_message and self._query.is_one_statement
        find = self._query.find_and_count if counts_while_finding else self._query.first
        session: Any = find(connection_id=connection_id, api_id=api_id)
        if session is None:
            return None
        if counts_message and not counts_while_finding:
            self._query.count(session.pk)
            session.request_count += 1
        found: S = session
        return found


def _complete(sessions: QuerySet[Any]) -> QuerySet[Any]:
    """Read user and gateway with the session, and whether the project's manager hides the user."""
    found = sessions.select_related("user", "api_gateway")
    return found.annotate(user_is_present=is_of_present_user()) if may_hide_users() else found


def is_of_api(api_id: str, *, or_without_api: bool) -> Q:
    """Return the condition of sessions of an API, and of those without gateway if wanted."""
    owned = Q(api_gateway__in=ApiGateway.objects.filter(api_id=api_id))
    return owned | Q(api_gateway=None) if or_without_api else owned
