"""The database of one candidate, in the process that uses it: made anew, and dropped again."""

from django.conf import settings
from django.core.management import call_command
from django.db import connection

__all__ = ["create_database", "drop_database"]


def create_database() -> None:
    """A database of this candidate alone, with its tables."""
    drop_database()
    _execute("CREATE DATABASE {}")
    call_command("migrate", verbosity=0)


def drop_database() -> None:
    """Drop it, whoever still uses it."""
    connection.close()
    _execute("DROP DATABASE IF EXISTS {} WITH (FORCE)")


def _execute(statement: str) -> None:
    name = connection.ops.quote_name(settings.DATABASES["default"]["NAME"])
    with connection._nodb_cursor() as cursor:  # noqa: SLF001 - how Django itself creates one.
        cursor.execute(statement.format(name))
