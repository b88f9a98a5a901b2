from django.contrib.auth import get_user_model
from django.test import TestCase

from django_aws_api_gateway_websockets.testing import WebSocketClient, clock


class TimeTests(TestCase):
    def setUp(self):
        self.user = get_user_model().objects.create_user("ada")

    def test_a_token_is_good_for_a_minute(self):
        self.client.force_login(self.user)
        token = self.client.post("/ws/room/token/").json()["token"]
        ada = WebSocketClient(f"/ws/room/?ws_token={token}", connect=False)
        ada.browser = self.client

        clock.advance(seconds=61)

        self.assertFalse(ada.connect())
        self.assertIn("Invalid or expired token", ada.refused)

    def test_a_silent_socket_is_closed_after_ten_minutes(self):
        ada = WebSocketClient("/ws/room/", user=self.user)

        clock.advance(minutes=10)

        self.assertEqual(ada.closed, 1001)

    def test_twenty_attempts_in_a_minute_are_enough(self):
        for _ in range(20):
            self.assertTrue(WebSocketClient("/ws/room/", user=self.user).is_open)
        late = WebSocketClient("/ws/room/", user=self.user)
        self.assertIn("Rate limit exceeded", late.refused)

        clock.advance(minutes=1)

        self.assertTrue(late.connect())
