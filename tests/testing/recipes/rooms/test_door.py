from django.contrib.auth import get_user_model
from django.test import TestCase

from django_aws_api_gateway_websockets.testing import RefusedError, WebSocketClient


class DoorTests(TestCase):
    def test_nobody_gets_in_without_a_login(self):
        client = WebSocketClient("/ws/room/")

        self.assertFalse(client.is_open)
        self.assertIn("Missing 1 headers: Cookie", client.refused)

    def test_a_user_who_is_not_in_the_room_may_not_speak_there(self):
        ada = WebSocketClient("/ws/room/", user=get_user_model().objects.create_user("ada"))

        with self.assertRaisesMessage(RefusedError, "You may not do this."):
            ada.request("say", channel="room-7", text="Hello")

    def test_there_is_no_kitchen(self):
        ada = WebSocketClient("/ws/room/", user=get_user_model().objects.create_user("ada"))

        with self.assertRaises(RefusedError) as refused:
            ada.subscribe("kitchen")

        self.assertEqual(refused.exception.code, "unknown_channel")

    def test_a_logout_closes_the_socket(self):
        ada = WebSocketClient("/ws/room/", user=get_user_model().objects.create_user("ada"))

        ada.browser.logout()

        self.assertEqual(ada.closed, 1000)
