"""Views, URLs and channels of a project that the kit tests."""

from contextlib import suppress

from django.contrib.auth import get_user_model
from django.db import transaction
from django.http import HttpResponseForbidden, JsonResponse
from django.urls import path

from django_aws_api_gateway_websockets.channels import Channel
from django_aws_api_gateway_websockets.channels.registry import unregister
from django_aws_api_gateway_websockets.models import WebSocketSession
from django_aws_api_gateway_websockets.views import WebSocketTokenView, WebSocketView


class ChatView(WebSocketView):
    """Takes everybody."""

    USE_WS_TOKEN = False

    def default(self, request, *args, **kwargs):
        self.websocket_session.send_message({"default got": self.body})

    def shout(self, request, *args, **kwargs):
        everybody = WebSocketSession.objects.in_channel(self.websocket_session.channel_name)
        everybody.send_message({"shouted": self.body["text"], "by": request.user.get_username()})

    def tell(self, request, *args, **kwargs):
        return JsonResponse({"address": request.META["REMOTE_ADDR"], "secure": request.is_secure()})

    def save(self, request, *args, **kwargs):
        return {"saved": self.body["title"]}

    def refuse(self, request, *args, **kwargs):
        return HttpResponseForbidden("not you")

    def fail(self, request, *args, **kwargs):
        raise LookupError("the handler broke")

    def leave(self, request, *args, **kwargs):
        self.websocket_session.close(reason="enough")

    def store(self, request, *args, **kwargs):
        def send(text):
            transaction.on_commit(lambda: self.websocket_session.send_message(text))

        with transaction.atomic():
            send("outer")
            with suppress(ZeroDivisionError), transaction.atomic():
                send("inner")
                raise ZeroDivisionError
            self.websocket_session.send_message("at once")


class AsyncView(ChatView):
    """The same with a handler for an event loop."""

    async def whisper(self, request, *args, **kwargs):
        await self.websocket_session.asend_message({"whispered": self.body["text"]})
        return {"saved": "it"}


class TokenView(ChatView):
    """Wants a token."""

    USE_WS_TOKEN = True


class GreetingView(ChatView):
    """Sends to a connection that is not open yet."""

    def connect(self, request, *args, **kwargs):
        response = super().connect(request, *args, **kwargs)
        self.reached = WebSocketSession.objects.send_message("welcome")
        return response


class PinnedView(ChatView):
    """Serves one API only."""

    aws_api_gateway_id = "pinned1234"


class Room(Channel):
    """Logged-in users; staff may publish."""

    pattern = "room-<int:pk>"
    presence = True

    def may_subscribe(self, user):
        return user.is_authenticated

    def may_publish(self, user):
        return user.is_staff


class Hall(Channel):
    """Everybody, and all are only counted."""

    pattern = "hall-<slug:title>"
    presence = "count"

    def may_subscribe(self, user):
        return True


# This module is imported while tests are collected; only those of the kit have its channels.
for kind in (Room, Hall):
    unregister(kind)


def make_user(name, **values):
    return get_user_model().objects.create_user(name, **values)


urlpatterns = [
    path("ws/<slug:route>", ChatView.as_view()),
    path("async/<slug:route>", AsyncView.as_view()),
    path("token/<slug:route>", TokenView.as_view()),
    path("greeting/<slug:route>", GreetingView.as_view()),
    path("pinned/<slug:route>", PinnedView.as_view()),
    path("extra/", ChatView.as_view()),
    path("api/ws-token/", WebSocketTokenView.as_view()),
]
