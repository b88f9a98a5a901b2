"""The databases the suite runs on: their settings for Django, and where their servers listen.

`DATABASE` names the one of a run. A new one needs an entry in both lists, and its driver among the
tests' requirements.
"""

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

DATABASE = os.environ.get("DATABASE", "sqlite")

# The processes of a test may need a database of their own.
_NAME = os.environ.get("DATABASE_NAME")
_SQLITE_FILE = str(Path(tempfile.gettempdir()) / f"websockets-tests-{os.getpid()}.sqlite3")


@dataclass(frozen=True, slots=True)
class Server:
    """A database server the suite is repeated on."""

    database: str
    """Value of `DATABASE`."""
    title: str
    """Name that people know."""
    port: int
    """Port of 127.0.0.1 on which it listens."""


SERVERS = (
    Server("postgresql", "PostgreSQL", int(os.environ.get("PGPORT", "5432"))),
    Server("mariadb", "MariaDB or MySQL", int(os.environ.get("MYSQL_PORT", "3306"))),
)

_SETTINGS: dict[str, dict[str, Any]] = {
    "sqlite": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": _NAME or _SQLITE_FILE,
        # A file, because threads cannot share a database in memory; Django removes it in the end.
        "TEST": {"NAME": _SQLITE_FILE},
        "OPTIONS": {"transaction_mode": "IMMEDIATE", "timeout": 20},
    },
    "postgresql": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": _NAME or "websockets",
        "USER": os.environ.get("PGUSER", "postgres"),
        "PASSWORD": os.environ.get("PGPASSWORD", ""),
        "HOST": os.environ.get("PGHOST", "127.0.0.1"),
        "PORT": os.environ.get("PGPORT", "5432"),
    },
    "mariadb": {
        "ENGINE": "django.db.backends.mysql",
        "NAME": _NAME or "websockets",
        "USER": os.environ.get("MYSQL_USER", "root"),
        "PASSWORD": os.environ.get("MYSQL_PASSWORD", ""),
        "HOST": os.environ.get("MYSQL_HOST", "127.0.0.1"),
        "PORT": os.environ.get("MYSQL_PORT", "3306"),
        "OPTIONS": {"charset": "utf8mb4"},
    },
}


def get_settings() -> dict[str, Any]:
    """Return Django's settings of the database that `DATABASE` names.

    Raises:
        ValueError: there is none of that name.
    """
    if DATABASE not in _SETTINGS:
        raise ValueError(f"DATABASE={DATABASE!r} is not one of {', '.join(_SETTINGS)}.")
    if DATABASE == "mariadb":
        import pymysql

        pymysql.install_as_MySQLdb()
    return _SETTINGS[DATABASE]
