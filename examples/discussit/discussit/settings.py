"""DiscussIt on this package: a WSGI project with API Gateway beside it, here on this machine.

Environment: GATEWAY_PORT (default 8001), and what `common.py` names.
"""

import os
from pathlib import Path

from discussit.common import *  # noqa: F403 - what both sides have.
from discussit.common import APPS, get_databases, get_folder, get_templates
from discussit.secret import load_secret_key

VAR = get_folder(Path(__file__).parents[1])
SECRET_KEY = os.environ.get("SECRET_KEY") or load_secret_key(VAR)
DATABASES = get_databases(VAR)
ROOT_URLCONF = "discussit.urls"
WSGI_APPLICATION = "discussit.wsgi.application"
TEMPLATES = get_templates("sockets.context.socket_url")

# Before staticfiles: both bring a `runserver`, and Django takes the first one listed.
INSTALLED_APPS = ["django_aws_api_gateway_websockets", *APPS]

WEBSOCKETS = {
    "local_gateway": True,
    "local_gateway_address": f"127.0.0.1:{os.environ.get('GATEWAY_PORT', '8001')}",
    # Limits count by network address and by user. On one machine every visitor has the same
    # address, so the defaults (20) would be shared.
    "rate_limit_max_attempts": 1_000,
    "token_rate_limit_per_minute": 300,
}
AWS_GATEWAY_REGION_NAME = "us-east-1"

# Cookies ignore ports: with Django's own names, this demo would sign you out of whichever other
# project you are running on this machine.
SESSION_COOKIE_NAME = "discussit_session"
CSRF_COOKIE_NAME = "discussit_csrf"
