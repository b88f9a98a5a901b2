"""A site that sends when asked to, as gunicorn, uvicorn and Celery run it in `test_senders`."""

import os

import django
from django.conf import settings

# The imports below need this first, hence E402.
django.setup(set_prefix=False)

from django.core.asgi import get_asgi_application  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.db import connections  # noqa: E402
from django.http import JsonResponse  # noqa: E402
from django.urls import path  # noqa: E402

from django_aws_api_gateway_websockets.models import WebSocketSession  # noqa: E402
from tests.project.celery import app as celery  # noqa: E402


def broadcast(request, channel):
    """Send to the channels that begin like this."""
    report = WebSocketSession.objects.filter(channel_name__startswith=channel).broadcast({"n": 1})
    return JsonResponse({"sent": report.sent, "process": os.getpid()})


async def abroadcast(request, channel):
    """The same on an event loop."""
    audience = WebSocketSession.objects.filter(channel_name__startswith=channel)
    report = await audience.abroadcast({"n": 1})
    return JsonResponse({"sent": report.sent, "process": os.getpid()})


@celery.task(name="tests.send")
def send(channel):
    """The same in a task."""
    return (
        WebSocketSession.objects.filter(channel_name__startswith=channel).broadcast({"n": 1}).sent
    )


urlpatterns = [
    path("broadcast/<channel>", broadcast),
    path("abroadcast/<channel>", abroadcast),
]
settings.ROOT_URLCONF = __name__
wsgi = get_wsgi_application()
asgi = get_asgi_application()

if os.environ.get("SEND_BEFORE_FORK"):
    # With gunicorn's --preload this runs in the parent of all workers.
    WebSocketSession.objects.broadcast({"n": 1})
    connections.close_all()
