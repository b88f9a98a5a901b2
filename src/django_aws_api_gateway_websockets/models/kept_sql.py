"""SQL that is made once, for the statements of every connect, every message and every channel.

The form of these statements never changes, only the values in them. Django makes the SQL of a
queryset whenever it is evaluated; here the SQL is kept, and the values are put into it.

Gain: 1.0 ms of CPU for a message and 1.3 for a connect, half of what the event costs, and 0.55 for
a message to a channel. PostgreSQL also finds and counts a message in one statement instead of two.
Decision 0006 (docs/explanation/decisions/0006-kept-sql.md) has the figures.
Removal: costs that speed, and nothing else. `WEBSOCKETS_SWITCHED_OFF=kept-sql` in the environment
runs everything here as ordinary querysets; all tests pass with it, but for those of this file.
"""

import copy
import os
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from types import SimpleNamespace
from typing import Any, Final, Generic, NamedTuple, TypeVar

from django.db import connections, router
from django.db.models import F, Model, QuerySet
from django.db.models.sql import UpdateQuery
from django.db.models.sql.compiler import SQLCompiler

from .deadlocks import outlast_deadlocks

__all__ = ["KeptCount", "KeptQuery"]

M = TypeVar("M", bound=Model)

IS_SWITCHED_OFF: Final = "kept-sql" in os.environ.get("WEBSOCKETS_SWITCHED_OFF", "").split(",")

_MARK: Final = "websockets-text:"
_WITHOUT_WAITING: Final = " WHERE set_config('synchronous_commit', 'off', true) = 'off'"
"""Condition of PostgreSQL that is always true: the commit of its statement waits for no disk.

It is for a statement that is a transaction of its own; in any other it would hold for the rest of
the transaction, too. Source: https://www.postgresql.org/docs/current/wal-async-commit.html"""


class _Form(NamedTuple):
    """The parts of a queryset that are kept."""

    compiler: SQLCompiler
    rows_of: Callable[[QuerySet[Any]], Iterable[Any]]
    """Class that makes the values of a queryset of the rows there are."""
    sql: str
    parameters: tuple[Any, ...]


class KeptQuery(Generic[M]):
    """A query for rows by texts; everything else about it is always the same.

    Args:
        model: model of the rows.
        build: returns the queryset for texts by name. It is called once for each database, with
            texts that stand for others, and must put each of them into the SQL as it is.
        may_change: tells whether the queryset depends on what may be another thing the next time;
            then it is called each time, and no SQL is kept.
    """

    def __init__(
        self,
        model: type[M],
        build: Callable[..., QuerySet[M, Any]],
        *,
        may_change: Callable[[], bool] = lambda: False,
    ) -> None:
        self._model = model
        self._build = build
        self._may_change = may_change
        self._forms: dict[tuple[object, ...], _Form] = {}

    def first(self, **texts: str) -> M | None:
        """Return the first row for these texts, or None; one statement, limited as the queryset."""
        return next(self.rows(**texts), None)

    def rows(self, using: str | None = None, **texts: str) -> Iterator[Any]:
        """Return an iterator over the values of the queryset for these texts; one statement.

        Args:
            using: database to ask; None asks the one that is written to.
            texts: values to look for, by name.
        """
        # The rows found here decide, and a replica may not have them yet.
        alias = using or router.db_for_write(self._model)
        if IS_SWITCHED_OFF:
            return iter(self._build(**texts).using(alias))
        return self._run(alias, texts, self._form_of)

    def _run(
        self, alias: str, texts: dict[str, str], make: Callable[[Any, str], _Form]
    ) -> Iterator[Any]:
        form = self._find_form(alias, texts, make)
        # Another thread may be using the one that was made, and has another connection.
        compiler: Any = copy.copy(form.compiler)
        compiler.connection = connections[alias]
        marked = {f"{_MARK}{name}": text for name, text in texts.items()}
        filled = tuple(
            marked.get(one, one) if isinstance(one, str) else one for one in form.parameters
        )
        compiler.as_sql = lambda: (form.sql, filled)
        # All that is asked of a query whose SQL is made already.
        made: Any = SimpleNamespace(get_compiler=lambda *_, **__: compiler)
        found: QuerySet[M] = QuerySet(self._model, query=made, using=alias)
        return iter(form.rows_of(found))

    def _find_form(
        self, alias: str, texts: dict[str, str], make: Callable[[Any, str], _Form]
    ) -> _Form:
        if self._may_change():
            return self._make(alias, texts, make)
        key = alias, make, *texts
        if key not in self._forms:
            self._forms[key] = self._make(alias, texts, make)
        return self._forms[key]

    def _make(self, alias: str, names: Iterable[str], make: Callable[[Any, str], _Form]) -> _Form:
        marks = {name: f"{_MARK}{name}" for name in names}
        form = make(self._build(**marks).using(alias), alias)
        missing = [name for name, mark in marks.items() if mark not in form.parameters]
        if missing:
            raise TypeError(f"The query does not look for {', '.join(missing)} as it is.")
        return form

    def _form_of(self, rows: Any, alias: str) -> _Form:
        compiler = rows.query.get_compiler(using=alias)
        sql, parameters = compiler.as_sql()
        # It is this thread's, and would stay open when the thread has ended.
        compiler.connection = None
        rows_of = rows._iterable_class  # noqa: SLF001 - no other way to the values of `values_list`.
        return _Form(compiler, rows_of, sql, tuple(parameters))


class KeptCount(KeptQuery[M]):
    """A query that finds one row and adds 1 to a column of it.

    Args:
        model: model of the row, which has a number for its primary key.
        build: returns the queryset, as that of a `KeptQuery`. Its conditions must be on columns of
            the model itself; a sub-select will do for others.
        column: name of the column.
        complete: adds to a queryset what else is read with the row.
        may_change: as that of a `KeptQuery`, also about `complete`.
    """

    def __init__(
        self,
        model: type[M],
        build: Callable[..., QuerySet[M, Any]],
        *,
        column: str,
        complete: Callable[[QuerySet[M, Any]], QuerySet[M, Any]] = lambda rows: rows,
        may_change: Callable[[], bool] = lambda: False,
    ) -> None:
        super().__init__(model, lambda **texts: complete(build(**texts)), may_change=may_change)
        self._complete = complete
        self._changes = {column: F(column) + 1}

    @property
    def is_one_statement(self) -> bool:
        """Tell whether `find_and_count` can be used."""
        alias = router.db_for_write(self._model)
        return connections[alias].vendor == "postgresql" and not IS_SWITCHED_OFF

    def find_and_count(self, **texts: str) -> M | None:
        """Count, and return the row as it is then; one statement, of PostgreSQL.

        It is `WITH "table" AS (UPDATE "table" ... RETURNING *)` before the `SELECT` of all rows of
        the table, whose name then means the row that was changed. As a transaction of its own it is
        not waited for to be on disk: a crash of the server may cost the counts of its last second.
        """
        alias = router.db_for_write(self._model)
        is_alone = connections[alias].get_autocommit()
        make = self._form_without_waiting if is_alone else self._form_of_count
        return outlast_deadlocks(lambda: next(self._run(alias, texts, make), None), using=alias)

    def count(self, pk: int) -> None:
        """Count for the row with this primary key; one statement, which is not kept."""
        alias = router.db_for_write(self._model)
        rows = self._model._default_manager.using(alias).filter(pk=pk)
        outlast_deadlocks(partial(rows.update, **self._changes), using=alias)

    def _form_of_count(self, rows: Any, alias: str) -> _Form:
        update: Any = rows.select_related(None).query.chain(UpdateQuery)
        update.annotations = {}
        update.add_update_values(self._changes)
        changing, parameters = update.get_compiler(using=alias).as_sql()
        form = self._form_of(self._complete(self._model._default_manager.using(alias)), alias)
        table = connections[alias].ops.quote_name(self._model._meta.db_table)
        sql = f"WITH {table} AS ({changing} RETURNING *) {form.sql}"
        return form._replace(sql=sql, parameters=(*parameters, *form.parameters))

    def _form_without_waiting(self, rows: Any, alias: str) -> _Form:
        form = self._form_of_count(rows, alias)
        return form._replace(sql=form.sql + _WITHOUT_WAITING)
