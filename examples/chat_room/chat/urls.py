"""Addresses of the page, of its token, and of the one API Gateway calls."""

from django.urls import path

from chat.views import ChatWebSocketView, show_room
from django_aws_api_gateway_websockets.views import WebSocketTokenView

urlpatterns = [
    path("", show_room, name="room"),
    path("api/ws-token/", WebSocketTokenView.as_view(), name="websocket_token"),
    # API Gateway posts to ws/chat/connect, ws/chat/disconnect and ws/chat/default.
    path("ws/chat/<slug:route>", ChatWebSocketView.as_view(), name="chat_websocket"),
]
