"""The page on concepts tells apart the words that readers mix up."""

import json
import re

import pytest
from django.urls import path

from django_aws_api_gateway_websockets.testing import WebSocketClient
from django_aws_api_gateway_websockets.views import WebSocketView
from tests.docs.pages import DOCS, blocks

PAGE = DOCS / "explanation/concepts.md"
TOLD_APART = {
    *("route", "route key", "action", "handler", "handler key", "channel", "connection id"),
    *("session", "token", "unicast", "multicast", "broadcast", "stage", "additional route", "API"),
}


class OrderView(WebSocketView):
    """Has a method for the key `handler`, and one for the key `action`."""

    def place_order(self, request, *args, **kwargs):
        self.websocket_session.send_message("by handler")

    def order(self, request, *args, **kwargs):
        self.websocket_session.send_message("by action")


urlpatterns = [path("ws/<slug:route>", OrderView.as_view())]


def test_each_word_is_explained():
    text = PAGE.read_text()
    words = {*re.findall(r"\*\*([^*]+)\*\*", text), *re.findall(r"^\| ([a-z ]+) \|", text, re.M)}

    assert words >= TOLD_APART


@pytest.mark.any_database
def test_the_handler_key_comes_before_the_action(websocket_client, admin_user, settings):
    settings.ROOT_URLCONF = __name__
    (block,) = blocks(PAGE)
    message = json.loads(block.code)
    client: WebSocketClient = websocket_client("/ws/", user=admin_user)

    client.send(message)
    client.send({name: value for name, value in message.items() if name != "handler"})

    assert client.received == ["by handler", "by action"]
