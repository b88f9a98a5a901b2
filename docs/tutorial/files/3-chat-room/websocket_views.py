from django.contrib.auth.decorators import login_required
from django.http import HttpResponseBadRequest
from django.shortcuts import render

from django_aws_api_gateway_websockets.channels import publish
from django_aws_api_gateway_websockets.views import WebSocketView


class RoomSocketView(WebSocketView):
    ALLOWED_HANDLERS = {"say"}

    def say(self, request, *args, **kwargs):
        text = str(self.body["text"]).strip()
        if not text:
            return HttpResponseBadRequest("There is nothing in it.")
        publish("lobby", {"from": request.user.get_username(), "text": text})
        return {"characters": len(text)}


@login_required
def show_room(request):
    return render(request, "chat/room.html")
