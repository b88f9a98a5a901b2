"""The queryset of every table of the package.

Nearly every row here decides something: who may connect, whose message this is, who is sent to. A
replica may not have what was written a moment ago, so a queryset reads from the database it writes
to, unless a project says `using()`. An update or a delete is tried again after a deadlock.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

from django.db import models, router

from .deadlocks import outlast_deadlocks

__all__ = ["Row", "RowQuerySet"]

M_co = TypeVar("M_co", bound="Row", covariant=True)


class RowQuerySet(models.QuerySet[M_co]):
    """A queryset that reads where it writes."""

    @property
    def db(self) -> str:
        """Alias of the database that is asked."""
        query: Any = self
        return query._db or router.db_for_write(self.model, **query._hints)  # noqa: SLF001 - as in Django.

    def create(self, **kwargs: Any) -> M_co:
        """Create a row as Django does; again after a deadlock."""
        return outlast_deadlocks(partial(super().create, **kwargs), using=self.db)

    def bulk_create(self, objs: Any, *args: Any, **kwargs: Any) -> list[M_co]:
        """Create rows as Django does; again after a deadlock."""
        create = partial(super().bulk_create, objs, *args, **kwargs)
        return outlast_deadlocks(create, using=self.db)

    def update(self, **kwargs: Any) -> int:
        """Update as Django does; again after a deadlock."""
        return outlast_deadlocks(partial(super().update, **kwargs), using=self.db)

    update.alters_data = True  # type: ignore[attr-defined] # Django's mark, for templates.

    def delete(self) -> tuple[int, dict[str, int]]:
        """Delete as Django does, again after a deadlock; then do what the deletion is for."""
        finish = self.model._prepare_deletion(self)  # noqa: SLF001 - the two classes belong together.
        deleted = outlast_deadlocks(super().delete, using=self.db)
        finish()
        return deleted

    delete.alters_data = True  # type: ignore[attr-defined] # likewise.
    delete.queryset_only = True  # type: ignore[attr-defined] # A manager has no such method.


class Row(models.Model):
    """A row of the package; what belongs to it is read where it is written to as well."""

    objects = models.Manager.from_queryset(RowQuerySet)()

    class Meta:
        abstract = True
        # Also for a foreign key that leads to it, and for `refresh_from_db`.
        base_manager_name = "objects"

    @classmethod
    def _prepare_deletion(cls, rows: Any) -> Callable[[], object]:  # noqa: ARG003 - for those who override it.
        """Return what is to be done once these rows are deleted; nothing, for most tables.

        It is asked for before the deletion, since it may need what the rows say.

        Args:
            rows: queryset of the rows.
        """
        return _do_nothing

    def delete(self, using: Any = None, keep_parents: bool = False) -> tuple[int, dict[str, int]]:  # noqa: FBT001, FBT002 - as in Django.
        """Delete as Django does; then do what the deletion is for."""
        alias = using or router.db_for_write(type(self), instance=self)
        every = type(self)._base_manager.using(alias)  # noqa: SLF001 - as in Django.
        finish = self._prepare_deletion(every.filter(pk=self.pk))
        deleted = super().delete(using=using, keep_parents=keep_parents)
        finish()
        return deleted

    delete.alters_data = True  # type: ignore[attr-defined] # likewise.


def _do_nothing() -> None:
    pass
