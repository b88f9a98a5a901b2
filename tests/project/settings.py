"""The smallest Django project with the package; DATABASE picks the server tests talk to."""

import json
import os
import tempfile
from pathlib import Path
from typing import Any

import django

DATABASE = os.environ.get("DATABASE", "sqlite")

_SQLITE_FILE = str(Path(tempfile.gettempdir()) / f"websockets-tests-{os.getpid()}.sqlite3")
# The processes of a test may need a database of their own.
_NAME = os.environ.get("DATABASE_NAME")

_SERVERS: dict[str, dict[str, Any]] = {
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
if DATABASE not in _SERVERS:
    raise ValueError(f"DATABASE={DATABASE!r} is not one of {', '.join(_SERVERS)}.")
if DATABASE == "mariadb":
    import pymysql

    pymysql.install_as_MySQLdb()

DATABASES = {"default": _SERVERS[DATABASE]}
SECRET_KEY = "only-for-tests"
DEBUG = False
USE_TZ = True
ALLOWED_HOSTS = ["testserver", "www.example.com", "127.0.0.1", "localhost"]
ROOT_URLCONF = "tests.project.urls"
INSTALLED_APPS = [
    "django_aws_api_gateway_websockets",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    # From here the live server of the tests gives a browser what the pages of the admin refer to.
    "django.contrib.staticfiles",
    # The worker of Django's tasks that keeps them in the database.
    "django_tasks_db",
]
TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}
CELERY_BROKER_URL = os.environ.get("REDIS_URL", "redis://127.0.0.1:6379/0")
CELERY_TASK_DEFAULT_QUEUE = os.environ.get("CELERY_QUEUE", f"tests-{os.getpid()}")
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
# The processes of a test are told the settings of their test.
WEBSOCKETS: dict[str, Any] = json.loads(os.environ.get("WEBSOCKETS", "{}"))
AWS_ACCESS_KEY_ID = os.environ.get("TESTS_ACCESS_KEY_ID", "")
AWS_SECRET_ACCESS_KEY = os.environ.get("TESTS_SECRET_ACCESS_KEY", "")
MIDDLEWARE = [
    "tests.project.traffic.traffic",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
AWS_GATEWAY_REGION_NAME = "us-east-1"
STATIC_URL = "static/"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
if django.VERSION >= (6, 1):
    # Later versions of Django have no mailer but those named here.
    MAILERS = {"default": {"BACKEND": "django.core.mail.backends.locmem.EmailBackend"}}
