from django.contrib.auth import get_user_model
from django.test import TestCase

from django_aws_api_gateway_websockets.testing import WebSocketClient, clock


class PresenceTests(TestCase):
    def test_a_reload_is_silent_and_a_window_that_is_closed_is_not(self):
        users = [get_user_model().objects.create_user(name) for name in ("ada", "grace")]
        ada, grace = (WebSocketClient("/ws/room/", user=user) for user in users)
        ada.subscribe("room-7")
        grace.subscribe("room-7")
        self.assertEqual([one["name"] for one in ada.presence("room-7")], ["ada", "grace"])

        grace.close()
        clock.advance(seconds=14)
        self.assertEqual(len(ada.presence("room-7")), 2)

        clock.advance(seconds=1)
        self.assertEqual([one["name"] for one in ada.presence("room-7")], ["ada"])
