from django.shortcuts import render

from django_aws_api_gateway_websockets.models import WebSocketSession
from django_aws_api_gateway_websockets.views import WebSocketView


class RoomSocketView(WebSocketView):
    USE_WS_TOKEN = False  # Anybody may connect. The next page ends that.

    def say(self, request, *args, **kwargs):
        lobby = WebSocketSession.objects.in_channel("lobby")
        lobby.send_message({"text": str(self.body["text"])})


def show_room(request):
    return render(request, "chat/room.html")
