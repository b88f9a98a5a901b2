"""Work that is done once here, or with less, and that is done for each test otherwise.

Together it is a third of the CPU time of `make quick`. None of it belongs to what is tested.
"""

import functools
import gc
from collections.abc import Callable
from typing import Any

import botocore.session
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.core.management.commands import flush
from django.db.backends.base.base import BaseDatabaseWrapper

__all__ = ["delete_rows", "keep_collected_tests", "keep_permissions", "keep_service_files"]


def keep_collected_tests() -> None:
    """Leave the thousands of collected tests out of what garbage collection looks through.

    A whole collection takes half a second of CPU otherwise, and there are hundreds.
    """
    gc.collect()
    gc.freeze()


def keep_service_files() -> None:
    """Let all sessions of botocore share what they have read of its files: 1.3 MB of JSON each."""
    botocore.session.create_loader = functools.cache(botocore.session.create_loader)


def keep_permissions(database: str) -> None:
    """Put content types and permissions back after a flush, in two statements.

    Django works them out anew from all models, with a dozen statements for each app. A test that
    commits ends with a flush.

    Args:
        database: alias of the database that has them now.
    """
    rows = [
        (model, list(model._default_manager.using(database).order_by("pk")))
        for model in (ContentType, Permission)
    ]
    work_out: Callable[..., None] = flush.emit_post_migrate_signal

    def put_back(verbosity: int, interactive: bool, db: str, **options: Any) -> None:
        if db != database:
            work_out(verbosity, interactive, db, **options)
            return
        for model, kept in rows:
            model._default_manager.using(db).bulk_create(kept)

    flush.emit_post_migrate_signal = put_back


def delete_rows() -> None:
    """Let a flush delete rows on PostgreSQL, too: a TRUNCATE of tables with a few takes 0.3 s."""
    truncate: Callable[..., list[str]] = flush.sql_flush

    def delete(style: Any, connection: BaseDatabaseWrapper, **options: Any) -> list[str]:
        if connection.vendor != "postgresql" or options["reset_sequences"]:
            return truncate(style, connection, **options)
        tables = connection.introspection.django_table_names(
            only_existing=True, include_views=False
        )
        # Foreign keys are looked at when all of it is committed, so the order does not matter.
        return [f"DELETE FROM {connection.ops.quote_name(table)}" for table in tables]

    flush.sql_flush = delete
