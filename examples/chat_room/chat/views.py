"""The page, and the handlers behind its socket.

What a handler returns is the reply to the page that asked; a response with status 400 is a refusal.
"""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from chat.channels import ROOMS, Room
from chat.guests import sign_in_guest
from chat.models import ChatMessage, store_message
from chat.security import allow_socket
from django_aws_api_gateway_websockets.models import ApiGateway, WebSocketSession
from django_aws_api_gateway_websockets.views import WebSocketView

HISTORY_LENGTH = 50
MAX_MESSAGE_CHARACTERS = 2_000
MAX_FRAME_ID_CHARACTERS = 64


@require_safe
@never_cache
def show_room(request: HttpRequest) -> HttpResponse:
    """Show the chat room, signing the visitor in as a guest first if need be."""
    if not request.user.is_authenticated:
        sign_in_guest(request)
    gateway = ApiGateway.objects.order_by("pk").first()
    socket_url = gateway.websocket_url(request) if gateway and gateway.api_id else ""
    if socket_url:
        allow_socket(request, socket_url)
    context = {
        "rooms": ROOMS,
        "has_socket": bool(socket_url),
        "max_message_characters": MAX_MESSAGE_CHARACTERS,
    }
    return render(request, "chat/room.html", context)


class ChatWebSocketView(WebSocketView):
    """The requests of a page in the chat room.

    A method defined here can be called by clients under its name, unless the name starts with an
    underscore or WebSocketView has a method of that name already.
    """

    websocket_session: WebSocketSession

    def fetch_history(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, object]:
        """Return the last messages of a room, oldest first, and who asks."""
        room = str(self.body.get("room", ""))
        latest = ChatMessage.objects.filter(room=room).order_by("-created_at", "-pk")
        messages = [message.as_payload() for message in reversed(latest[:HISTORY_LENGTH])]
        return {"you": request.user.get_username(), "messages": messages}

    def chat_message(
        self, request: HttpRequest, *args: Any, **kwargs: Any
    ) -> dict[str, object] | HttpResponse:
        """Store a message, send it to everyone else in the room, and return it to its author."""
        room, text = str(self.body.get("room", "")), str(self.body.get("message", "")).strip()
        if room not in ROOMS:
            return HttpResponseBadRequest("There is no such room.")
        if not text:
            return HttpResponseBadRequest("Message cannot be empty.")
        if len(text) > MAX_MESSAGE_CHARACTERS:
            return HttpResponseBadRequest(
                f"Message has {len(text):,} characters; at most {MAX_MESSAGE_CHARACTERS:,} fit."
            )
        user = request.user if request.user.is_authenticated else None
        message = store_message(room, user, text, frame_id=self._frame_id()).as_payload()
        # Also when the frame came a second time: its first copy may have been stored by a process
        # that died before it could tell anyone, and a page shows a message it knows only once.
        Room(room=room).publish(message, exclude=[self.websocket_session])
        return message

    def _frame_id(self) -> str | None:
        """Return the id the page gave what it says, if it is one we would store."""
        frame_id = self.body.get("frame_id")
        if isinstance(frame_id, str) and 0 < len(frame_id) <= MAX_FRAME_ID_CHARACTERS:
            return frame_id
        return None
