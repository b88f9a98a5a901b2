"""Settings that DiscussIt has on this package and on Django Channels alike.

Environment: DATABASE (`sqlite`, the default, or `postgresql`), DATABASE_NAME, PGHOST, PGPORT,
PGUSER and PGPASSWORD, DISCUSSIT_VAR (folder of the SQLite file and the signing key, default `var/`
beside manage.py) and SECRET_KEY (default: made once and kept in that folder).
"""

import os
from pathlib import Path
from typing import Any

APPS = [
    "django.contrib.staticfiles",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    "chat",
    "sockets",
]
DEBUG = True
ALLOWED_HOSTS = ["127.0.0.1", "localhost"]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
CONTEXT_PROCESSORS = [
    "django.template.context_processors.request",
    "django.contrib.auth.context_processors.auth",
    "django.contrib.messages.context_processors.messages",
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "login"
STATIC_URL = "/static/"
TIME_ZONE = "UTC"
USE_TZ = True


def get_templates(*context_processors: str) -> list[dict[str, Any]]:
    """Return TEMPLATES, with the context processors of one side added."""
    return [
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "APP_DIRS": True,
            "OPTIONS": {"context_processors": [*CONTEXT_PROCESSORS, *context_processors]},
        }
    ]


def get_databases(folder: Path) -> dict[str, dict[str, Any]]:
    """Return DATABASES: a file in that folder, or PostgreSQL where the environment says so."""
    if os.environ.get("DATABASE") == "postgresql":
        postgresql = {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": os.environ.get("DATABASE_NAME", "discussit"),
            "USER": os.environ.get("PGUSER", "postgres"),
            "PASSWORD": os.environ.get("PGPASSWORD", ""),
            "HOST": os.environ.get("PGHOST", "127.0.0.1"),
            "PORT": os.environ.get("PGPORT", "5432"),
        }
        return {"default": postgresql}
    sqlite = {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": os.environ.get("DATABASE_NAME", folder / "discussit.sqlite3"),
        # Many messages are stored at once. IMMEDIATE takes the write lock when a transaction
        # begins, so that a late upgrade cannot fail; WAL lets readers carry on meanwhile.
        # https://docs.djangoproject.com/en/5.2/ref/databases/#sqlite-transaction-behavior
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        },
    }
    return {"default": sqlite}


def get_folder(project: Path) -> Path:
    """Return the folder of what a project keeps, and make it."""
    folder = Path(os.environ.get("DISCUSSIT_VAR", project / "var"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder
