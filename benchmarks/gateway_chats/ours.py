"""The chat on this package: Django with its sessions in a database, behind the local gateway.

`python ours.py create` makes database and API and prints where clients connect; `drop` ends it.
"""

import os
import sys

import django
from django.conf import settings
from django.core.wsgi import get_wsgi_application

settings.configure(
    ALLOWED_HOSTS=["127.0.0.1"],
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": os.environ["CHAT_DATABASE"],
            "USER": os.environ.get("PGUSER", "postgres"),
            "PASSWORD": os.environ.get("PGPASSWORD", ""),
            "HOST": os.environ.get("PGHOST", "127.0.0.1"),
            "PORT": os.environ.get("PGPORT", "5432"),
            "CONN_MAX_AGE": 600,
        }
    },
    INSTALLED_APPS=[
        "django_aws_api_gateway_websockets",
        "django.contrib.auth",
        "django.contrib.contenttypes",
    ],
    ROOT_URLCONF=__name__,
    SECRET_KEY="only-for-benchmarks",
    USE_TZ=True,
    WEBSOCKETS={"local_gateway": True, "local_gateway_address": os.environ["CHAT_GATEWAY"]},
    AWS_GATEWAY_REGION_NAME="us-east-1",
)
django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.urls import path  # noqa: E402

from django_aws_api_gateway_websockets.models import ApiGateway, WebSocketSession  # noqa: E402
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
        room = WebSocketSession.objects.filter(channel_name=self.body["room"])
        room.send_message({"type": "said", "text": self.body["text"]})


urlpatterns = [path("ws/<slug:route>", Chat.as_view())]
application = get_wsgi_application()


def create() -> None:
    _execute("CREATE DATABASE {}")
    call_command("migrate", verbosity=0)
    gateway = ApiGateway(api_name="Chat", target_base_endpoint=os.environ["CHAT_BACKEND"] + "/ws/")
    gateway.save()
    gateway.create_gateway()
    print(gateway.websocket_url())


def drop() -> None:
    _execute("DROP DATABASE IF EXISTS {} WITH (FORCE)")


def _execute(statement: str) -> None:
    name = connection.ops.quote_name(settings.DATABASES["default"]["NAME"])
    with connection._nodb_cursor() as cursor:  # noqa: SLF001 - how Django itself creates one.
        cursor.execute(statement.format(name))


if __name__ == "__main__":
    {"create": create, "drop": drop}[sys.argv[1]]()
