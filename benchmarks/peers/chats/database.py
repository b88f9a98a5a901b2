"""The settings of a chat that keeps its sessions in PostgreSQL."""

import os

__all__ = ["APPS", "DATABASES"]

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
        # As docs/how-to/self-hosting.md recommends: the database plans each statement once.
        "OPTIONS": {"server_side_binding": True, "prepare_threshold": 1},
    }
}
