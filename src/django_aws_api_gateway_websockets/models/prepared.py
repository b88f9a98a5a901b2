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
from django.db.models.sql import UpdateQuery
from django.db.models.sql.compiler import SQLCompiler

__all__ = ["PreparedQuery", "PreparedUpdate"]

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
        alias = using or router.db_for_read(self._model)
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

    def _make(self, alias: str, names: Iterable[str]) -> _Form:
        marks = {name: f"{_MARK}{name}" for name in names}
        rows: Any = self._build(**marks).using(alias)
        compiler = rows.query.get_compiler(using=alias)
        sql, parameters = compiler.as_sql()
        # It is this thread's, and would stay open when the thread has ended.
        compiler.connection = None
        missing = [name for name, mark in marks.items() if mark not in parameters]
        if missing:
            raise TypeError(f"The query does not look for {', '.join(missing)} as it is.")
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
        query: Any = rows.query.chain(UpdateQuery)
        query.add_update_values(self._changes())
        sql, parameters = query.get_compiler(using=alias).as_sql()
        return sql, tuple(parameters)


class _Made:
    """What a queryset takes for its query, of which nothing is left to do but to run it."""

    def __init__(self, compiler: SQLCompiler) -> None:
        self._compiler = compiler

    def get_compiler(self, using: str | None = None, **_options: Any) -> SQLCompiler:
        return self._compiler
