from django.contrib.auth.decorators import login_required
from django.shortcuts import render

from django_aws_api_gateway_websockets.models import WebSocketSession
from django_aws_api_gateway_websockets.views import WebSocketView


class RoomSocketView(WebSocketView):
    def say(self, request, *args, **kwargs):
        lobby = WebSocketSession.objects.in_channel("lobby")
        text = f"{request.user.get_username()}: {self.body['text']}"
        lobby.send_message({"text": text})


@login_required
def show_room(request):
    return render(request, "chat/room.html")
