from django.contrib.auth import get_user_model
from django.test import TestCase

from django_aws_api_gateway_websockets.testing import WebSocketClient

from .websocket_views import RoomSocketView


class RoomTests(TestCase):
    def test_a_message_reaches_the_other_user(self):
        users = [get_user_model().objects.create_user(name) for name in ("ada", "grace")]
        ada, grace = (WebSocketClient(RoomSocketView, user=user) for user in users)
        ada.subscribe("room-7")
        grace.subscribe("room-7")
        ada.request("say", channel="room-7", text="Hello")
        self.assertEqual(grace.received, [{"from": "ada", "text": "Hello"}])
