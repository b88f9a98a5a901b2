"""The chat on Django Channels, in memory or over Redis."""

import json
import os

import django
from channels.generic.websocket import AsyncWebsocketConsumer
from channels.routing import ProtocolTypeRouter, URLRouter
from django.conf import settings
from django.core.asgi import get_asgi_application
from django.urls import path

# Above the default of 100, over which Channels drops messages without a word.
_CAPACITY = {"capacity": 20_000}
_LAYERS = {
    "memory": {"BACKEND": "channels.layers.InMemoryChannelLayer", "CONFIG": _CAPACITY},
    "redis": {
        "BACKEND": "channels_redis.core.RedisChannelLayer",
        "CONFIG": {
            "hosts": [os.environ.get("REDIS_URL", "redis://127.0.0.1:6379/0")],
            "prefix": f"bench-{os.getpid()}",
            **_CAPACITY,
        },
    },
}
settings.configure(
    ALLOWED_HOSTS=["127.0.0.1"],
    CHANNEL_LAYERS={"default": _LAYERS[os.environ["CHAT_LAYER"]]},
    INSTALLED_APPS=["channels"],
    SECRET_KEY="only-for-benchmarks",
    ROOT_URLCONF=__name__,
)
django.setup()


class Chat(AsyncWebsocketConsumer):
    room = None

    async def receive(self, text_data=None, bytes_data=None):
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
        if self.room is not None:
            await self.channel_layer.group_discard(self.room, self.channel_name)


urlpatterns = []
application = ProtocolTypeRouter(
    {"http": get_asgi_application(), "websocket": URLRouter([path("", Chat.as_asgi())])}
)
