"""An INSERT for tables in which two requests race for a row and one of them wins."""

import contextlib
from typing import Any

from django.db import models, router, transaction

from .deadlocks import outlast_deadlocks


def insert(row: models.Model) -> None:
    """Insert a new row; a conflict leaves an open transaction usable.

    Inside a transaction a failed INSERT would end it, so it gets a savepoint there. Outside of
    one, a savepoint would only cost two more statements.

    Raises:
        IntegrityError: another row has the same unique value.
    """
    connection = transaction.get_connection(router.db_for_write(type(row)))
    savepoint: Any = (
        transaction.atomic(connection.alias)
        if connection.in_atomic_block
        else contextlib.nullcontext()
    )

    def save() -> None:
        with savepoint:
            row.save(force_insert=True)

    outlast_deadlocks(save, using=connection.alias)
