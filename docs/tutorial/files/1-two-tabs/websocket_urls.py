from django.urls import path

from .websocket_views import RoomSocketView, show_room

urlpatterns = [
    path("room/", show_room),
    path("ws/room/<slug:route>", RoomSocketView.as_view()),
]
