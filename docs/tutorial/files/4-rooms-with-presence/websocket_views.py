from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseBadRequest
from django.shortcuts import render

from django_aws_api_gateway_websockets.channels import publish
from django_aws_api_gateway_websockets.views import WebSocketView

from .channels import Room


class RoomSocketView(WebSocketView):
    ALLOWED_HANDLERS = {"say"}
    ALLOW_UNLISTED_CHANNELS = False

    def say(self, request, *args, **kwargs):
        channel, text = str(self.body["channel"]), str(self.body["text"]).strip()
        if not self.websocket_session.subscriptions.filter(channel_name=channel).exists():
            raise PermissionDenied
        if not text:
            return HttpResponseBadRequest("There is nothing in it.")
        publish(channel, {"from": request.user.get_username(), "text": text})
        return {"characters": len(text)}


@login_required
def show_room(request, pk):
    return render(request, "chat/room.html", {"channel": Room(pk=pk)})
