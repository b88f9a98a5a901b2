"""Databases beside the one of the run, with all tables and no rows, such as a replica."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.db import connections


class ReadsFrom:
    """A router that sends the reads of the package's tables, and of further apps, to a replica.

    The replica of the tests never gets a row, as one that lags behind has not got the newest.
    """

    def __init__(self, replica: str, *app_labels: str) -> None:
        self.replica = replica
        self.app_labels = {"django_aws_api_gateway_websockets", *app_labels}

    def db_for_read(self, model, **hints):
        return self.replica if model._meta.app_label in self.app_labels else None

    def db_for_write(self, model, **hints):
        return "default"

    def allow_relation(self, one, other, **hints):
        return True


class Everything:
    """A router that sends all reads and writes to one database."""

    def __init__(self, alias: str) -> None:
        self.alias = alias

    def db_for_read(self, model, **hints):
        return self.alias

    db_for_write = db_for_read


def sqlite_in(folder: Path) -> dict[str, Any]:
    """Settings of a SQLite database of its own."""
    return {"ENGINE": "django.db.backends.sqlite3", "NAME": str(folder / "further.sqlite3")}


@contextmanager
def empty_database(alias: str, wanted: dict[str, Any]) -> Iterator[str]:
    """Give the alias of a database with these settings, once it has every table."""
    both = connections.configure_settings({"default": {}, alias: wanted})
    connections.settings[alias] = both[alias]
    call_command("migrate", database=alias, verbosity=0)
    try:
        yield alias
    finally:
        connections[alias].close()
        del connections[alias], connections.settings[alias]
