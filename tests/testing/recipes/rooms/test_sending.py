from unittest.mock import ANY

from django.contrib.auth import get_user_model
from django.db import transaction
from django.test import TestCase

from django_aws_api_gateway_websockets.channels import publish
from django_aws_api_gateway_websockets.testing import (
    WebSocketClient,
    assert_nothing_sent,
    assert_sent,
)


class SendingTests(TestCase):
    def setUp(self):
        self.user = get_user_model().objects.create_user("ada")
        self.ada = WebSocketClient("/ws/room/", user=self.user)
        self.ada.subscribe("room-7")

    def test_everybody_in_the_room_is_told_of_tea(self):
        with assert_sent({"from": "the server", "text": ANY}, channel="room-7"):
            publish("room-7", {"from": "the server", "text": "Tea is ready."})

    def test_a_user_is_told_in_every_window(self):
        with assert_sent({"type": "toast"}, to=self.user, times=1):
            self.user.websocket_sessions.send_message({"type": "toast"})

    def test_a_message_rolled_back_is_not_sent(self):
        with assert_nothing_sent(), self.assertRaises(ValueError), transaction.atomic():
            publish("room-7", "lost")
            raise ValueError

    def test_a_message_that_waits_for_the_commit_arrives_after_it(self):
        with transaction.atomic():
            publish("room-7", "kept")
            self.assertEqual(self.ada.received, [])

        self.assertEqual(self.ada.received, ["kept"])
