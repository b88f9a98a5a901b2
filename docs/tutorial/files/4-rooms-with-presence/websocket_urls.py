from django.urls import path

from django_aws_api_gateway_websockets.views import WebSocketTokenView

from .websocket_views import RoomSocketView, show_room

urlpatterns = [
    path("room/<int:pk>/", show_room),
    path("ws/room/token/", WebSocketTokenView.as_view()),
    path("ws/room/<slug:route>", RoomSocketView.as_view()),
]
