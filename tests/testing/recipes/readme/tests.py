from django.test import TestCase
from django_aws_api_gateway_websockets.testing import WebSocketClient

class ChatTests(TestCase):
    def test_everybody_in_the_room_hears_it(self):
        ada, ben = WebSocketClient("/ws/", channel="lobby"), WebSocketClient("/ws/", channel="lobby")
        ada.send({"action": "shout", "text": "hello"})
        self.assertEqual(ben.received, [{"somebody shouted": "HELLO"}])
