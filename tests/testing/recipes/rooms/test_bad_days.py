from django.contrib.auth import get_user_model
from django.test import TestCase

from django_aws_api_gateway_websockets.models import WebSocketSession
from django_aws_api_gateway_websockets.testing import WebSocketClient, clock


class BadDayTests(TestCase):
    def setUp(self):
        users = [get_user_model().objects.create_user(name) for name in ("ada", "grace")]
        self.ada, self.grace = (WebSocketClient("/ws/room/", user=user) for user in users)

    def test_a_gone_connection_is_forgotten_and_the_others_still_hear(self):
        self.ada.socket.make_gone()

        report = WebSocketSession.objects.broadcast("hello")

        self.assertEqual((report.sent, report.gone), (1, 1))
        self.assertFalse(self.ada.session.connected)
        self.assertEqual(self.grace.received, ["hello"])

    def test_a_user_throttled_twice_hears_at_the_third_attempt(self):
        self.ada.socket.make_throttled(2)

        self.ada.session.send_message("hello")

        self.assertEqual(self.ada.received, ["hello"])

    def test_a_slow_line_keeps_nobody_waiting(self):
        self.ada.socket.make_slow(seconds=5)

        WebSocketSession.objects.broadcast("hello")
        self.assertEqual((self.ada.received, self.grace.received), ([], ["hello"]))

        clock.advance(seconds=5)
        self.assertEqual(self.ada.received, ["hello"])
