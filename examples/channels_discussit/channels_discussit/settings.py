"""DiscussIt on Django Channels: an ASGI project with daphne, and Redis between its processes.

Environment: REDIS_URL (default redis://127.0.0.1:6379/0), and what `discussit/common.py` names.
"""

import os
from pathlib import Path

from discussit.common import *  # noqa: F403 - what both sides have.
from discussit.common import APPS, get_databases, get_folder, get_templates
from discussit.secret import load_secret_key

VAR = get_folder(Path(__file__).parents[1])
SECRET_KEY = os.environ.get("SECRET_KEY") or load_secret_key(VAR)
DATABASES = get_databases(VAR)
ROOT_URLCONF = "channels_discussit.urls"
ASGI_APPLICATION = "channels_discussit.asgi.application"
TEMPLATES = get_templates()

# Before staticfiles: both bring a `runserver`, and Django takes the first one listed.
INSTALLED_APPS = ["daphne", "channels", *APPS]

REDIS_URL = os.environ.get("REDIS_URL", "redis://127.0.0.1:6379/0")
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.core.RedisChannelLayer",
        "CONFIG": {
            # redis-py gives up after the 5 seconds for which the layer waits for messages, and
            # closes the sockets that waited.
            "hosts": [{"address": REDIS_URL, "socket_timeout": None}],
            "prefix": "discussit",
            # Over this number of messages that wait for a socket, Channels drops further ones
            # without a word; its default is 100.
            "capacity": 1_000,
        },
    }
}

# Cookies ignore ports: with Django's own names, this demo would sign you out of whichever other
# project you are running on this machine.
SESSION_COOKIE_NAME = "channels_discussit_session"
CSRF_COOKIE_NAME = "channels_discussit_csrf"
