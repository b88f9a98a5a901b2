from django.contrib.auth import get_user_model
from django.test import TestCase

from chat.watch import busiest
from django_aws_api_gateway_websockets.testing import WebSocketClient, clock


class LimitTests(TestCase):
    def setUp(self):
        self.ada = get_user_model().objects.create_user("ada")

    def attempt(self, path="/ws/strict/", user=None, address="192.0.2.1"):
        client = WebSocketClient(path, user=user, connect=False)
        client.address = address
        client.connect()
        return client

    def test_the_fourth_attempt_is_one_too_many(self):
        self.assertEqual([self.attempt().is_open for _ in range(4)], [True, True, True, False])

        clock.advance(minutes=10)
        self.assertTrue(self.attempt().is_open)

    def test_a_logged_in_user_is_counted_apart_from_the_address(self):
        for _ in range(4):
            self.attempt()

        self.assertTrue(self.attempt(user=self.ada).is_open)

    def test_a_view_may_count_nobody(self):
        self.assertTrue(all(self.attempt("/ws/internal/").is_open for _ in range(30)))

    def test_tokens_have_a_limit_of_their_own(self):
        self.client.force_login(self.ada)
        statuses = [self.client.post("/token/").status_code for _ in range(11)]

        self.assertEqual(statuses, [200] * 10 + [403])

    def test_the_busiest_address_is_listed_first(self):
        for _ in range(4):
            self.attempt(address="192.0.2.1")
        self.attempt(address="192.0.2.2")

        self.assertEqual(list(busiest()), [("192.0.2.1", 3, 0), ("192.0.2.2", 1, 0)])
