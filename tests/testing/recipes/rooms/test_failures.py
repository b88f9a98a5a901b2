from django.contrib.auth import get_user_model
from django.test import TestCase

from django_aws_api_gateway_websockets.testing import WebSocketClient


class FailureTests(TestCase):
    def setUp(self):
        self.ada = WebSocketClient("/ws/room/", user=get_user_model().objects.create_user("ada"))
        self.ada.subscribe("room-7")

    def test_an_error_of_a_handler_is_raised_here(self):
        with self.assertRaises(KeyError):
            self.ada.send({"action": "say", "channel": "room-7"})

    def test_the_response_tells_what_api_gateway_is_told(self):
        self.ada.raise_request_exception = False

        response = self.ada.send({"action": "say", "channel": "room-7"})

        self.assertEqual(response.status_code, 500)
