from django.contrib.auth import get_user_model
from django.test import TestCase

from django_aws_api_gateway_websockets.models import WebSocketSession
from django_aws_api_gateway_websockets.testing import WebSocketClient, outbox


class OutboxTests(TestCase):
    def test_a_broadcast_is_one_message_to_many(self):
        users = [get_user_model().objects.create_user(name) for name in ("ada", "grace")]
        clients = [WebSocketClient("/ws/room/", user=user) for user in users]

        WebSocketSession.objects.enqueue_broadcast({"type": "news"})

        self.assertEqual([message.data for message in outbox], [{"type": "news"}])
        self.assertEqual(outbox[0].to, [client.connection_id for client in clients])
