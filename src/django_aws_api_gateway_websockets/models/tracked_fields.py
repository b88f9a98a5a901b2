"""A base for rows that know which of their columns a save changes, so that AWS gets only those."""

from collections.abc import Collection, Iterable
from typing import Any, ClassVar, Self

from django.db import models

from .rows import Row

__all__ = ["TracksChanges"]


class TracksChanges(Row):
    """A row that remembers some columns as they were when it was loaded or last saved whole."""

    PUSHED_FIELDS: ClassVar[Collection[str]] = ()

    _remembered: dict[str, Any] | None = None

    class Meta:
        abstract = True

    @classmethod
    def from_db(
        cls,
        db: str | None,
        field_names: Collection[str],
        values: Collection[Any],
        **kwargs: Any,  # Django 6.1 has one more.
    ) -> Self:
        """Load a row, and remember it."""
        instance = super().from_db(db, field_names, values, **kwargs)
        instance.remember_pushed_values()
        return instance

    def refresh_from_db(
        self,
        using: str | None = None,
        fields: Iterable[str] | None = None,
        from_queryset: models.QuerySet[Self] | None = None,
    ) -> None:
        """Load the row again, and remember what was loaded."""
        names = None if fields is None else list(fields)
        super().refresh_from_db(using=using, fields=names, from_queryset=from_queryset)
        self.remember_pushed_values(names)

    def remember_pushed_values(self, names: Iterable[str] | None = None) -> None:
        """Take the present values of these columns, or of all pushed ones, for those AWS has."""
        wanted = self.PUSHED_FIELDS if names is None else set(self.PUSHED_FIELDS) & set(names)
        # Deferred columns are not in the dictionary, and asking for them would load them.
        remembered = {name: self.__dict__[name] for name in wanted if name in self.__dict__}
        self._remembered = (self._remembered or {}) | remembered

    def changed_fields(self) -> set[str]:
        """Name the pushed columns that differ; none for a row that was neither loaded nor saved."""
        known = self._remembered
        if known is None:
            return set()
        return {
            name
            for name in self.PUSHED_FIELDS
            if name in self.__dict__ and (name not in known or known[name] != self.__dict__[name])
        }

    def remembered_value(self, name: str) -> Any:
        """Return the value a column had when it was remembered, or the present one."""
        return (self._remembered or {}).get(name, getattr(self, name))
