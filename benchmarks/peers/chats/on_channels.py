"""The chat on Django Channels, in memory or over Redis.

With CHAT_DATABASE it does in PostgreSQL what the package's own chat does there: a connect reads the
API and writes a session, a message reads and counts it, a disconnect marks it. `create` and `drop`
make that database and end it.
"""

import gc
import json
import os
import sys

import database
import django
from channels.db import database_sync_to_async
from channels.exceptions import DenyConnection
from channels.generic.websocket import AsyncWebsocketConsumer
from channels.routing import ProtocolTypeRouter, URLRouter
from django.conf import settings
from django.core.asgi import get_asgi_application
from django.urls import path

# Above the default of 100, over which Channels drops messages without a word.
_CAPACITY = {"capacity": 20_000}
# redis-py gives up after the 5 seconds for which the layer waits for messages, and whoever waited
# then is closed.
_REDIS = {
    "address": os.environ.get("REDIS_URL", "redis://127.0.0.1:6379/0"),
    "socket_timeout": None,
}
_LAYERS = {
    "memory": {"BACKEND": "channels.layers.InMemoryChannelLayer", "CONFIG": _CAPACITY},
    "redis": {
        "BACKEND": "channels_redis.core.RedisChannelLayer",
        "CONFIG": {
            "hosts": [_REDIS],
            "prefix": f"bench-{os.getpid()}",
            **_CAPACITY,
        },
    },
}
CHECKS = "CHAT_DATABASE" in os.environ

settings.configure(
    ALLOWED_HOSTS=["127.0.0.1"],
    CHANNEL_LAYERS={"default": _LAYERS[os.environ["CHAT_LAYER"]]},
    DATABASES=database.DATABASES if CHECKS else {},
    INSTALLED_APPS=["channels", *database.APPS],
    USE_TZ=True,
    SECRET_KEY="only-for-benchmarks",
    ROOT_URLCONF=__name__,
)
# The imports below need this first, hence E402.
django.setup()


from django.db.models import F  # noqa: E402

from benchmarks.postgresql import create_database, drop_database  # noqa: E402
from django_aws_api_gateway_websockets.models import (  # noqa: E402
    ApiGateway,
    WebSocketSession,
)


class Chat(AsyncWebsocketConsumer):
    room = None

    async def connect(self):
        if CHECKS:
            await self._admit()
        await self.accept()

    async def receive(self, text_data=None, bytes_data=None):
        if CHECKS:
            await self._count()
        message = json.loads(text_data)
        if message["action"] == "join_room":
            self.room = message["room"]
            await self.channel_layer.group_add(self.room, self.channel_name)
            await self.send(json.dumps({"type": "joined"}))
        elif message["action"] == "echo":
            await self.send(json.dumps({"type": "echo", "text": message["text"]}))
        else:
            event = {"type": "said", "text": message["text"]}
            await self.channel_layer.group_send(message["room"], event)

    async def said(self, event):
        await self.send(json.dumps(event))

    async def disconnect(self, code):
        if CHECKS:
            await self._leave()
        if self.room is not None:
            await self.channel_layer.group_discard(self.room, self.channel_name)

    @database_sync_to_async
    def _admit(self):
        headers = dict(self.scope["headers"])
        if b"cookie" not in headers or b"origin" not in headers:
            raise DenyConnection
        WebSocketSession.objects.create(
            connection_id=self.channel_name, api_gateway=ApiGateway.objects.get(api_name="Chat")
        )

    @database_sync_to_async
    def _count(self):
        sessions = WebSocketSession.objects.filter(connection_id=self.channel_name, connected=True)
        session = sessions.select_related("user", "api_gateway").get()
        WebSocketSession.objects.filter(pk=session.pk).update(request_count=F("request_count") + 1)

    @database_sync_to_async
    def _leave(self):
        WebSocketSession.objects.filter(connection_id=self.channel_name).update(connected=False)


urlpatterns = []
application = ProtocolTypeRouter(
    {"http": get_asgi_application(), "websocket": URLRouter([path("", Chat.as_asgi())])}
)
gc.freeze()


def create() -> None:
    create_database()
    ApiGateway(api_name="Chat", target_base_endpoint="http://127.0.0.1/ws/").save()


if __name__ == "__main__":
    {"create": create, "drop": drop_database}[sys.argv[1]]()
