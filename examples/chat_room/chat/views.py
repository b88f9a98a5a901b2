"""The page, and the handlers behind its socket.

API Gateway does not pass a handler's HTTP answer on to the browser, so whatever the page should
know is sent as a frame. Every frame names the handler that made it (`handler`) and, when it
answers one of the page's, the id of that frame (`reply_to`): the page shows both.
"""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_safe

from chat.guests import sign_in_guest
from chat.models import ChatMessage, store_message
from chat.rooms import ROOMS
from chat.security import allow_socket
from django_aws_api_gateway_websockets.models import ApiGateway, WebSocketSession
from django_aws_api_gateway_websockets.views import WebSocketView

HISTORY_LENGTH = 50
MAX_MESSAGE_CHARACTERS = 2_000
MAX_FRAME_ID_CHARACTERS = 64


@require_safe
@never_cache
@ensure_csrf_cookie
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
        "socket_url": socket_url,
        "csrf_cookie_name": settings.CSRF_COOKIE_NAME,
        "max_message_characters": MAX_MESSAGE_CHARACTERS,
    }
    return render(request, "chat/room.html", context)


class ChatWebSocketView(WebSocketView):
    """The requests of a page in the chat room.

    A method defined here can be called by clients under its name, unless the name starts with an
    underscore or WebSocketView has a method of that name already.
    """

    websocket_session: WebSocketSession

    def can_join_channel(self, request: HttpRequest, channel_name: str) -> bool:
        return channel_name in ROOMS

    def fetch_history(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Send the room's last messages, oldest first, to the page that asks."""
        room = self.websocket_session.channel_name
        latest = ChatMessage.objects.filter(room=room).order_by("-created_at", "-pk")
        messages = [message.as_payload() for message in reversed(latest[:HISTORY_LENGTH])]
        you = request.user.get_username()
        return self._reply("fetch_history", type="history", room=room, you=you, messages=messages)

    def chat_message(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Store a message and send it to everyone in the room, its author included."""
        room = self.websocket_session.channel_name
        text = str(self.body.get("message", "")).strip()
        # API Gateway calls handlers side by side: a message may overtake the change of room before
        # it, or be overtaken by the one after it. A page that says which room it means is safe.
        if self.body.get("room", room) != room:
            return self._reject("chat_message", f"This connection is in {room} now.")
        if not text:
            return self._reject("chat_message", "Message cannot be empty.")
        if len(text) > MAX_MESSAGE_CHARACTERS:
            return self._reject(
                "chat_message",
                f"Message has {len(text):,} characters; at most {MAX_MESSAGE_CHARACTERS:,} fit.",
            )
        user = request.user if request.user.is_authenticated else None
        message = store_message(room, user, text, frame_id=self._frame_id())
        # Also when the frame came a second time: its first copy may have been stored by a process
        # that died before it could tell anyone, and a page shows a message it knows only once.
        WebSocketSession.objects.in_channel(message.room).send_message(
            {
                "type": "chat_message",
                "handler": "chat_message",
                "reply_to": self._frame_id(),
                "room": message.room,
                **message.as_payload(),
            }
        )
        return JsonResponse({"ok": True})

    def change_channel(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Move this connection to another room; a refusal leaves it where it is."""
        refusal = super().change_channel(request, *args, **kwargs)
        if refusal is not None:
            return self._reject("change_channel", "There is no such room.")
        room = self.websocket_session.channel_name
        return self._reply("change_channel", type="channel_changed", channel=room)

    def default(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Answer whatever names no handler."""
        return self._reject("default", "Unknown WebSocket action.")

    def _frame_id(self) -> str | None:
        """Return the id the page gave the frame, if it is one we would store."""
        frame_id = self.body.get("id")
        if isinstance(frame_id, str) and 0 < len(frame_id) <= MAX_FRAME_ID_CHARACTERS:
            return frame_id
        return None

    def _reply(self, handler: str, **content: object) -> HttpResponse:
        """Send a frame to the page that asked, and tell API Gateway that all went well."""
        frame = {"handler": handler, "reply_to": self._frame_id(), **content}
        self.websocket_session.send_message(frame)
        return JsonResponse({"ok": True, **content})

    def _reject(self, handler: str, error: str) -> HttpResponse:
        """Tell the page that asked what is wrong, and API Gateway that it was the page's fault."""
        frame = {"type": "error", "handler": handler, "reply_to": self._frame_id(), "error": error}
        self.websocket_session.send_message(frame)
        return JsonResponse({"ok": False, "error": error}, status=400)
