"""Queries whose SQL is made once.

Django makes the SQL of a queryset whenever it is evaluated, which for the queries that every
connect and every message begins with takes ten times as long as to run it. Their form never
changes, only the texts they look for; so the SQL is kept, and the texts are put into it.
"""

import copy
from collections.abc import Callable, Iterable
from typing import Any, Final, Generic, TypeVar, cast

from django.db import connections, router
from django.db.models import Model, QuerySet
from django.db.models.query import ModelIterable
from django.db.models.sql.compiler import SQLCompiler

__all__ = ["PreparedQuery"]

M = TypeVar("M", bound=Model)

_MARK: Final = "websockets-text:"


class PreparedQuery(Generic[M]):
    """Finds a row by texts; everything else about the query is always the same.

    Args:
        model: of the rows.
        build: gives the queryset for texts by name. It is called once for each database, with
            texts that stand for others, and must put each of them into the SQL as it is.
    """

    def __init__(self, model: type[M], build: Callable[..., QuerySet[M]]) -> None:
        self._model = model
        self._build = build
        self._forms: dict[tuple[str, ...], tuple[SQLCompiler, str, tuple[Any, ...]]] = {}

    def first(self, **texts: str) -> M | None:
        """The first row for these texts, or None; one statement."""
        alias = router.db_for_read(self._model)
        form = alias, *texts
        if form not in self._forms:
            self._forms[form] = self._make(alias, texts)
        made, sql, parameters = self._forms[form]
        # Another thread may be using the one that was made, and has another connection.
        compiler: Any = copy.copy(made)
        compiler.connection = connections[alias]
        marked = {f"{_MARK}{name}": text for name, text in texts.items()}
        filled = tuple(marked.get(one, one) if isinstance(one, str) else one for one in parameters)
        compiler.as_sql = lambda: (sql, filled)
        rows: QuerySet[M] = QuerySet(self._model, query=cast("Any", _Made(compiler)), using=alias)
        return next(iter(ModelIterable(rows)), None)

    def _make(self, alias: str, names: Iterable[str]) -> tuple[SQLCompiler, str, tuple[Any, ...]]:
        marks = {name: f"{_MARK}{name}" for name in names}
        rows = self._build(**marks).using(alias)[:1]
        compiler: Any = rows.query.get_compiler(using=alias)
        sql, parameters = compiler.as_sql()
        # It is this thread's, and would stay open when the thread has ended.
        compiler.connection = None
        missing = [name for name, mark in marks.items() if mark not in parameters]
        if missing:
            raise TypeError(f"The query does not look for {', '.join(missing)} as it is.")
        return compiler, sql, tuple(parameters)


class _Made:
    """What a queryset takes for its query, of which nothing is left to do but to run it."""

    def __init__(self, compiler: SQLCompiler) -> None:
        self._compiler = compiler

    def get_compiler(self, using: str | None = None, **_options: Any) -> SQLCompiler:
        return self._compiler
