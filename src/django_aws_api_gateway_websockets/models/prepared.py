"""Statements whose SQL is made once.

Django makes the SQL of a queryset whenever it is evaluated, which for what every connect and every
message does takes several times as long as to run it. The form of these statements never changes,
only the values they look for; so the SQL is kept, and the values are put into it.
"""

import copy
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final, Generic, NamedTuple, TypeVar, cast

from django.db import connections, router, transaction
from django.db.models import Model, QuerySet
from django.db.models.sql import Query, UpdateQuery
from django.db.models.sql.compiler import SQLCompiler

__all__ = ["PreparedChange", "PreparedQuery", "PreparedUpdate"]

M = TypeVar("M", bound=Model)

_MARK: Final = "websockets-text:"
_NOBODYS_KEY: Final = -7_046_029_254_386_353_131
"""Stands for a primary key; no database gives it to a row."""


class _Form(NamedTuple):
    """What has been made of a queryset."""

    compiler: SQLCompiler
    rows_of: Callable[[QuerySet[Any]], Iterable[Any]]
    """Makes what the queryset gives of the rows there are."""
    sql: str
    parameters: tuple[Any, ...]


class PreparedQuery(Generic[M]):
    """Finds rows by texts; everything else about the query is always the same.

    Args:
        model: of the rows.
        build: gives the queryset for texts by name. It is called once for each database, with
            texts that stand for others, and must put each of them into the SQL as it is.
    """

    def __init__(self, model: type[M], build: Callable[..., QuerySet[M, Any]]) -> None:
        self._model = model
        self._build = build
        self._forms: dict[tuple[str, ...], _Form] = {}

    def first(self, **texts: str) -> M | None:
        """The first row for these texts, or None; one statement, with the limit of the queryset."""
        return next(self.rows(**texts), None)

    def rows(self, using: str | None = None, **texts: str) -> Iterator[Any]:
        """What the queryset gives for these texts; one statement.

        Args:
            using: the database to ask; None asks the one that the routers name.
        """
        alias = using or self._default_alias()
        key = alias, *texts
        if key not in self._forms:
            self._forms[key] = self._make(alias, texts)
        form = self._forms[key]
        # Another thread may be using the one that was made, and has another connection.
        compiler: Any = copy.copy(form.compiler)
        compiler.connection = connections[alias]
        marked = {f"{_MARK}{name}": text for name, text in texts.items()}
        filled = tuple(
            marked.get(one, one) if isinstance(one, str) else one for one in form.parameters
        )
        compiler.as_sql = lambda: (form.sql, filled)
        found: QuerySet[M] = QuerySet(self._model, query=cast("Any", _Made(compiler)), using=alias)
        return iter(form.rows_of(found))

    def _default_alias(self) -> str:
        return router.db_for_read(self._model)

    def _make(self, alias: str, names: Iterable[str]) -> _Form:
        marks = {name: f"{_MARK}{name}" for name in names}
        form = self._form_of(self._build(**marks).using(alias), alias)
        missing = [name for name, mark in marks.items() if mark not in form.parameters]
        if missing:
            raise TypeError(f"The query does not look for {', '.join(missing)} as it is.")
        return form

    def _form_of(self, rows: Any, alias: str) -> _Form:
        """What is kept of a queryset."""
        compiler = rows.query.get_compiler(using=alias)
        sql, parameters = compiler.as_sql()
        # It is this thread's, and would stay open when the thread has ended.
        compiler.connection = None
        rows_of = rows._iterable_class  # noqa: SLF001 - no other way to what `values_list` gives.
        return _Form(compiler, rows_of, sql, tuple(parameters))


class PreparedUpdate:
    """Changes a row; which one is all that differs.

    Args:
        model: of the row, with a number for its primary key.
        changes: gives the new values by field, as `QuerySet.update` takes them; called once for
            each database.
    """

    def __init__(self, model: type[Model], changes: Callable[[], dict[str, Any]]) -> None:
        self._model = model
        self._changes = changes
        self._forms: dict[str, tuple[str, tuple[Any, ...]]] = {}

    def of(self, pk: int) -> None:
        """Change the row with this primary key; one statement."""
        alias = router.db_for_write(self._model)
        if alias not in self._forms:
            self._forms[alias] = self._make(alias)
        sql, parameters = self._forms[alias]
        filled = [pk if one == _NOBODYS_KEY else one for one in parameters]
        # As `QuerySet.update` does: a transaction in which a statement failed takes no other.
        with (
            transaction.mark_for_rollback_on_error(using=alias),
            connections[alias].cursor() as cursor,
        ):
            cursor.execute(sql, filled)

    def _make(self, alias: str) -> tuple[str, tuple[Any, ...]]:
        rows = self._model._default_manager.using(alias).filter(pk=_NOBODYS_KEY)
        return _sql_of_update(rows.query, self._changes(), alias)


class PreparedChange(PreparedQuery[M]):
    """Changes rows and finds them as they are then, in one statement.

    Only PostgreSQL takes such a statement: `WITH "table" AS (UPDATE "table" ... RETURNING *)`,
    followed by the `SELECT` for all rows of the table, whose name means those that were changed.

    Args:
        model: of the rows.
        build: gives the queryset of the rows to be changed, as that of a `PreparedQuery` does. Its
            conditions must be on columns of the model itself; a sub-select will do for others.
        changes: gives the new values by field, as `QuerySet.update` takes them.
        related: names of what comes along with each row, as `select_related` takes them.
    """

    def __init__(
        self,
        model: type[M],
        build: Callable[..., QuerySet[M, Any]],
        *,
        changes: Callable[[], dict[str, Any]],
        related: Iterable[str],
    ) -> None:
        super().__init__(model, build)
        self._changes = changes
        self._related = tuple(related)

    @staticmethod
    def is_for(alias: str) -> bool:
        """Whether this database takes the statement."""
        return connections[alias].vendor == "postgresql"

    def _default_alias(self) -> str:
        return router.db_for_write(self._model)

    def _form_of(self, rows: Any, alias: str) -> _Form:
        update, parameters = _sql_of_update(rows.query, self._changes(), alias)
        every = self._model._default_manager.using(alias).select_related(*self._related)
        form = super()._form_of(every, alias)
        table = connections[alias].ops.quote_name(self._model._meta.db_table)
        sql = f"WITH {table} AS ({update} RETURNING *) {form.sql}"
        return form._replace(sql=sql, parameters=(*parameters, *form.parameters))


def _sql_of_update(
    query: Query, changes: dict[str, Any], alias: str
) -> tuple[str, tuple[Any, ...]]:
    update: Any = query.chain(UpdateQuery)
    update.add_update_values(changes)
    sql, parameters = update.get_compiler(using=alias).as_sql()
    return sql, tuple(parameters)


class _Made:
    """What a queryset takes for its query, of which nothing is left to do but to run it."""

    def __init__(self, compiler: SQLCompiler) -> None:
        self._compiler = compiler

    def get_compiler(self, using: str | None = None, **_options: Any) -> SQLCompiler:
        return self._compiler
