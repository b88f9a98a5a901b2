from django.contrib.auth import get_user_model
from django.test import TestCase

from django_aws_api_gateway_websockets.testing import WebSocketClient


class AsyncTests(TestCase):
    async def test_connecting_subscribing_and_requesting_are_awaited(self):
        user = await get_user_model().objects.acreate_user("ada")
        ada = WebSocketClient("/ws/room/", connect=False)

        await ada.aconnect(user=user)
        await ada.asubscribe("room-7")
        await ada.arequest("say", channel="room-7", text="Hello")

        self.assertEqual(ada.received, [{"from": "ada", "text": "Hello"}])
