"""Settings of a demo that runs on one machine: SQLite, DEBUG, and the gateway beside Django.

Environment: GATEWAY_PORT (default 8001), CHAT_ROOM_VAR (folder of the database and the signing
key, default `var/` beside manage.py) and SECRET_KEY (default: made once and kept in that folder).
"""

import os
from pathlib import Path

from chat_room.secret import load_secret_key

BASE_DIR = Path(__file__).resolve().parent.parent
VAR = Path(os.environ.get("CHAT_ROOM_VAR", BASE_DIR / "var"))
VAR.mkdir(parents=True, exist_ok=True)

DEBUG = True
SECRET_KEY = os.environ.get("SECRET_KEY") or load_secret_key(VAR)
ALLOWED_HOSTS = ["127.0.0.1", "localhost"]
ROOT_URLCONF = "chat_room.urls"
WSGI_APPLICATION = "chat_room.wsgi.application"

INSTALLED_APPS = [
    # Before staticfiles: both bring a `runserver`, and Django takes the first one listed.
    "django_aws_api_gateway_websockets",
    "django.contrib.staticfiles",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "chat",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "chat.security.content_security_policy",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {"context_processors": ["django.template.context_processors.request"]},
    }
]

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": VAR / "chat_room.sqlite3",
        # Every message is a request of its own and many arrive at once. IMMEDIATE takes the write
        # lock when a transaction begins, so that a late upgrade cannot fail with "database is
        # locked"; WAL lets readers carry on meanwhile.
        # https://docs.djangoproject.com/en/5.2/ref/databases/#sqlite-transaction-behavior
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        },
    }
}

GATEWAY_PORT = int(os.environ.get("GATEWAY_PORT", "8001"))
WEBSOCKETS = {
    "local_gateway": True,
    "local_gateway_address": f"127.0.0.1:{GATEWAY_PORT}",
    # Limits count by network address and by user. On one machine every visitor has the same
    # address, and every tab of a browser is the same guest, so the defaults (20) would be shared.
    "rate_limit_max_attempts": 200,
    "token_rate_limit_per_minute": 60,
}
AWS_GATEWAY_REGION_NAME = "us-east-1"

# Cookies ignore ports: with Django's own names, the demo would sign you out of whichever other
# project you are running on this machine.
SESSION_COOKIE_NAME = "chat_room_session"
CSRF_COOKIE_NAME = "chat_room_csrf"

STATIC_URL = "static/"
TIME_ZONE = "UTC"
USE_TZ = True
