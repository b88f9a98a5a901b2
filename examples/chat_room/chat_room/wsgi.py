"""WSGI entry point; a chat over API Gateway needs no ASGI server."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chat_room.settings")
application = get_wsgi_application()
