"""The open connection an event belongs to, found with its user and gateway.

A message begins with that, so this is made to cost little. Where the database can, one statement
both counts a message and finds whose it is.
"""

from typing import TYPE_CHECKING, Any, Final

from django.db import connections, router
from django.db.models import F, Func, Q, TextField, Value
from django.db.models.lookups import Exact

from .gateway import ApiGateway
from .prepared import PreparedChange, PreparedQuery, PreparedUpdate

if TYPE_CHECKING:
    from .session import WebSocketSession

__all__ = ["OpenConnection", "owned_by"]

_RELATED: Final = ("user", "api_gateway")


class OpenConnection:
    """Finds the connected session of an id.

    Args:
        model: that of the sessions.
        or_without_api: whether a session without gateway will do.
    """

    def __init__(self, model: type["WebSocketSession"], *, or_without_api: bool) -> None:
        def build(connection_id: str, api_id: str) -> Any:
            owned = owned_by(api_id, or_without_api=or_without_api)
            # An id is that of one connection, so that no order and no limit is needed.
            return model.objects.filter(owned, connection_id=connection_id, connected=True)

        def find(connection_id: str, api_id: str) -> Any:
            return build(connection_id, api_id).select_related(*_RELATED)

        def build_hasty(connection_id: str, api_id: str) -> Any:
            return build(connection_id, api_id).filter(_commits_without_waiting())

        self._model = model
        self._found = PreparedQuery(model, find)
        self._counted = PreparedUpdate(model, _one_more)
        self._counted_and_found, self._counted_hastily_and_found = (
            PreparedChange(model, rows, changes=_one_more, related=_RELATED)
            for rows in (build, build_hasty)
        )

    def find(self, connection_id: str, api_id: str) -> "WebSocketSession | None":
        """The session of this id, if it is open and of this API; one statement."""
        return _first(self._found, connection_id, api_id)

    def count_message(self, connection_id: str, api_id: str) -> "WebSocketSession | None":
        """The same, with 1 added to its `request_count`; one statement on PostgreSQL, else two.

        Whatever else changes the row at the same time, nothing is lost. Outside a transaction
        PostgreSQL is not waited for to have it on its disk: should it crash, the counts of its last
        second may be too low by these messages.
        """
        alias = router.db_for_write(self._model)
        # A router may send reads elsewhere, where nothing can be changed.
        if alias == router.db_for_read(self._model) and PreparedChange.is_for(alias):
            is_alone = connections[alias].get_autocommit()
            change = self._counted_hastily_and_found if is_alone else self._counted_and_found
            return _first(change, connection_id, api_id)
        session = self.find(connection_id, api_id)
        if session is not None:
            self._counted.of(session.pk)
            session.request_count += 1
        return session


def owned_by(api_id: str, *, or_without_api: bool) -> Q:
    """The sessions of an API; those without gateway, too, where they will do."""
    owned = Q(api_gateway__in=ApiGateway.objects.filter(api_id=api_id))
    return owned | Q(api_gateway=None) if or_without_api else owned


def _first(
    query: PreparedQuery["WebSocketSession"], connection_id: str, api_id: str
) -> "WebSocketSession | None":
    session = query.first(connection_id=connection_id, api_id=api_id)
    # MySQL compares text without regard to case; connection ids differ by it.
    return session if session and session.connection_id == connection_id else None


def _one_more() -> dict[str, Any]:
    return {"request_count": F("request_count") + 1}


def _commits_without_waiting() -> Exact:
    """Always true, and has PostgreSQL commit its statement without waiting for the disk.

    Only for a statement that is a transaction of its own, or the rest of the transaction would not
    be waited for either.

    Source: https://www.postgresql.org/docs/current/wal-async-commit.html
    """
    return Exact(
        Func(
            Value("synchronous_commit"),
            Value("off"),
            Value(value=True),
            function="set_config",
            output_field=TextField(),
        ),
        Value("off"),
    )
