from django.contrib.auth import get_user_model
from django.test import TestCase

from django_aws_api_gateway_websockets.testing import WebSocketClient, clock

from .websocket_views import RoomSocketView


class RoomTests(TestCase):
    def setUp(self):
        users = [get_user_model().objects.create_user(name) for name in ("ada", "grace")]
        self.ada, self.grace = (WebSocketClient(RoomSocketView, user=user) for user in users)
        self.ada.subscribe("room-7")
        self.grace.subscribe("room-7")

    def test_a_message_reaches_the_other_user(self):
        reply = self.ada.request("say", channel="room-7", text="Hello")

        self.assertEqual(reply, {"characters": 5})
        self.assertEqual(self.grace.received, [{"from": "ada", "text": "Hello"}])

    def test_a_user_who_closes_the_window_has_left_after_15_seconds(self):
        self.grace.close()
        clock.advance(seconds=15)

        self.assertEqual([one["name"] for one in self.ada.presence("room-7")], ["ada"])

    def test_nobody_gets_in_without_a_login(self):
        stranger = WebSocketClient(RoomSocketView)

        self.assertFalse(stranger.is_open)
