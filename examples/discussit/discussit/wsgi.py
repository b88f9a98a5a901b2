"""WSGI entry point; sockets over API Gateway need no ASGI server."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "discussit.settings")
application = get_wsgi_application()
