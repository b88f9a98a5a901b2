"""The addresses of sockets, each with the consumer that takes them."""

from django.urls import path

from sockets.consumers import GroupConsumer, JoinAndLeave

websocket_urlpatterns = [
    path("", JoinAndLeave.as_asgi()),
    path("groups/<uuid:uuid>/", GroupConsumer.as_asgi()),
]
