from django.contrib.auth import get_user_model
from django.test import TestCase

from django_aws_api_gateway_websockets.testing import WebSocketClient


class RoomTests(TestCase):
    def test_one_member_hears_the_other(self):
        users = [get_user_model().objects.create_user(name) for name in ("ada", "grace")]
        ada, grace = (WebSocketClient("/ws/room/", user=user) for user in users)
        ada.subscribe("room-7")
        grace.subscribe("room-7")

        reply = ada.request("say", channel="room-7", text="Hello")

        self.assertEqual(reply, {"characters": 5})
        self.assertEqual(grace.received, [{"from": "ada", "text": "Hello"}])
