"""The chat on this package: Django with its sessions in a database, behind the local gateway.

`python ours.py create` makes database and API and prints where clients connect; `drop` ends it.
"""

import gc
import io
import json
import os
import sys
from pathlib import Path

import database
import django
from django.conf import settings
from django.core.wsgi import get_wsgi_application

RECORDED_ECHOES = 50

settings.configure(
    ALLOWED_HOSTS=["127.0.0.1"],
    DATABASES=database.DATABASES,
    INSTALLED_APPS=database.APPS,
    ROOT_URLCONF=__name__,
    SECRET_KEY="only-for-benchmarks",
    USE_TZ=True,
    WEBSOCKETS={"local_gateway": True, "local_gateway_address": os.environ["CHAT_GATEWAY"]},
    AWS_GATEWAY_REGION_NAME="us-east-1",
)
# The imports below need this first, hence E402.
django.setup()

from django.urls import path  # noqa: E402

from benchmarks.postgresql import create_database, drop_database  # noqa: E402
from django_aws_api_gateway_websockets.models import (  # noqa: E402
    ApiGateway,
    WebSocketSession,
)
from django_aws_api_gateway_websockets.views import WebSocketView  # noqa: E402


class Chat(WebSocketView):
    USE_WS_TOKEN = False
    RATE_LIMIT_ENABLED = False
    # All that browsers send but Sec-WebSocket-Extensions: the client cannot decompress.
    required_connection_headers = ("Cookie", "Origin", "Sec-WebSocket-Key", "Sec-WebSocket-Version")

    def join_room(self, request, *args, **kwargs):
        self.websocket_session.channel_name = self.body["room"]
        self.websocket_session.save(update_fields=["channel_name"])
        self.websocket_session.send_message({"type": "joined"})

    def echo(self, request, *args, **kwargs):
        self.websocket_session.send_message({"type": "echo", "text": self.body["text"]})

    def say(self, request, *args, **kwargs):
        room = WebSocketSession.objects.in_channel(self.body["room"])
        room.send_message({"type": "said", "text": self.body["text"]})


urlpatterns = [path("ws/<slug:route>", Chat.as_view())]


class Recorder:
    """Writes down the first calls for an echo, so that they can be repeated without a gateway."""

    def __init__(self, application, path):
        self._application = application
        self._path = Path(path)
        self._left = RECORDED_ECHOES

    def __call__(self, environ, start_response):
        if self._left > 0:
            self._record(environ)
        return self._application(environ, start_response)

    def _record(self, environ):
        body = environ["wsgi.input"].read()
        environ["wsgi.input"] = io.BytesIO(body)
        if b'"echo"' not in body:
            return
        self._left -= 1
        headers = {
            name.removeprefix("HTTP_").replace("_", "-").title(): value
            for name, value in environ.items()
            if name.startswith("HTTP_") or name in {"CONTENT_TYPE", "CONTENT_LENGTH"}
        }
        call = {"path": environ["PATH_INFO"], "headers": headers, "body": body.decode()}
        with self._path.open("a") as file:
            file.write(json.dumps(call) + "\n")


application = Recorder(get_wsgi_application(), os.environ.get("CHAT_RECORD", os.devnull))
gc.freeze()


def create() -> None:
    create_database()
    gateway = ApiGateway(api_name="Chat", target_base_endpoint=os.environ["CHAT_BACKEND"] + "/ws/")
    gateway.save()
    gateway.create_gateway()
    print(gateway.websocket_url())


if __name__ == "__main__":
    {"create": create, "drop": drop_database}[sys.argv[1]]()
