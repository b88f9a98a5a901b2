"""The PostgreSQL database of a chat that keeps its sessions in one: made, and dropped again."""

import os

from django.conf import settings
from django.core.management import call_command
from django.db import connection

__all__ = ["APPS", "DATABASES", "create", "drop"]

APPS = [
    "django_aws_api_gateway_websockets",
    "django.contrib.auth",
    "django.contrib.contenttypes",
]
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": os.environ.get("CHAT_DATABASE", ""),
        "USER": os.environ.get("PGUSER", "postgres"),
        "PASSWORD": os.environ.get("PGPASSWORD", ""),
        "HOST": os.environ.get("PGHOST", "127.0.0.1"),
        "PORT": os.environ.get("PGPORT", "5432"),
        "CONN_MAX_AGE": 600,
    }
}


def create() -> None:
    _execute("CREATE DATABASE {}")
    call_command("migrate", verbosity=0)


def drop() -> None:
    _execute("DROP DATABASE IF EXISTS {} WITH (FORCE)")


def _execute(statement: str) -> None:
    name = connection.ops.quote_name(settings.DATABASES["default"]["NAME"])
    with connection._nodb_cursor() as cursor:  # noqa: SLF001 - how Django itself creates one.
        cursor.execute(statement.format(name))
