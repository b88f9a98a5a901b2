"""The smallest Django project with the package; DATABASE picks the server tests talk to."""

import json
import os
from typing import Any

import django

from tests import databases

DATABASES = {"default": databases.get_settings()}
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
