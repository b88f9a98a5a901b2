"""The audience of a broadcast, read in pages by primary key while it is sent to.

So memory does not grow with it, and the first message leaves before the last session is known.
"""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from django.db import router
from django.db.models import Count, Q, QuerySet

from ..sending.broadcast.audience import StageAudience
from ..sending.messages import Recipient
from .audience import narrow
from .gateway import ApiGateway

__all__ = ["SessionAudience", "has_address"]

PAGE_SIZE: Final = 2000
"""Sessions read with one statement."""

FIRST_PAGE_SIZE: Final = 200
"""Sessions of the first page; fewer, so that the first message leaves at once."""


def has_address() -> Q:
    """Return the condition of sessions that can be reached at all."""
    return Q(api_gateway__isnull=False) & ~Q(api_gateway__api_id="")


class SessionAudience:
    """The sessions of a queryset that can be sent to.

    Args:
        sessions: any queryset of sessions. A slice is read now: asked again for each page, it would
            move on as sessions close, and grow beyond what was planned.
        can_be_sent_to: condition that is true of those that can.
        without: ids of connections to leave out.
    """

    def __init__(
        self, sessions: QuerySet[Any], can_be_sent_to: Q, *, without: Iterable[str] = ()
    ) -> None:
        if sessions.query.is_sliced:
            keys = list(sessions.values_list("pk", flat=True))
            sessions = sessions.model.objects.filter(pk__in=keys)
        connected = narrow(sessions, can_be_sent_to)
        excluded = list(without)
        self._sessions = connected.exclude(connection_id__in=excluded) if excluded else connected

    @property
    def database(self) -> str:
        """Alias of the database whose transaction a broadcast waits for."""
        return router.db_for_write(self._sessions.model)

    def count(self) -> tuple[int, int]:
        """Return the number of sockets that have an address, and of different users."""
        counted = self._sessions.order_by().aggregate(
            sockets=Count("pk", filter=has_address()), users=Count("user", distinct=True)
        )
        return counted["sockets"], counted["users"]

    def count_without_gateway(self) -> int:
        """Return the number of sessions that have no address."""
        return self._sessions.exclude(has_address()).count()

    def stages(self) -> Iterator[StageAudience]:
        """Yield the audience by stage, with connection ids that are read page by page."""
        for gateway in _gateways():
            yield StageAudience(_stage_of(gateway), self._connection_ids(gateway))

    def key_pages(self) -> Iterator[tuple[Recipient, list[int]]]:
        """Yield pages of primary keys, each with the stage its sessions are reached through."""
        for gateway in _gateways():
            for page in _pages(self._sessions.filter(api_gateway=gateway.pk), "pk"):
                yield _stage_of(gateway), [key for (key,) in page]

    def mark_gone(self, connection_ids: list[str]) -> object:
        """Note that API Gateway says these connections are closed."""
        return self._sessions.model.mark_gone(connection_ids)

    def _connection_ids(self, gateway: ApiGateway) -> Iterator[str]:
        sessions = self._sessions.filter(api_gateway=gateway.pk)
        for page in _pages(sessions, "pk", "connection_id", first=FIRST_PAGE_SIZE):
            for _, connection_id in page:
                yield connection_id


def _gateways() -> list[ApiGateway]:
    return list(ApiGateway.objects.exclude(api_id="").order_by("pk"))


def _stage_of(gateway: ApiGateway) -> Recipient:
    return Recipient("", gateway.api_id, gateway.stage)


def _pages(
    sessions: QuerySet[Any], *columns: str, first: int = PAGE_SIZE
) -> Iterator[list[tuple[Any, ...]]]:
    """Yield the rows in the order of their primary keys, which has to be the first column."""
    last, size = None, first
    in_order = sessions.order_by("pk").values_list(*columns)
    while True:
        page = list((in_order if last is None else in_order.filter(pk__gt=last))[:size])
        if page:
            yield page
            last = page[-1][0]
        if len(page) < size:
            return
        size = PAGE_SIZE
