from django.contrib.auth import get_user_model
from django.test import RequestFactory, TestCase

from chat.public_views import ScoreboardSocketView
from chat.token_view import StaffTokenView
from django_aws_api_gateway_websockets.testing import WebSocketClient, clock


class TokenTests(TestCase):
    def setUp(self):
        self.ada = get_user_model().objects.create_user("ada")
        self.client.force_login(self.ada)

    def connect(self, token):
        socket = WebSocketClient(f"/ws/chat/?ws_token={token}", connect=False)
        socket.browser = self.client
        socket.connect()
        return socket

    def fetch(self):
        return self.client.post("/ws/token/").json()["token"]

    def test_a_token_opens_one_connection(self):
        token = self.fetch()

        self.assertTrue(self.connect(token).is_open)
        self.assertIn("Invalid or expired token", self.connect(token).refused)

    def test_a_token_expires(self):
        token = self.fetch()
        clock.advance(seconds=61)

        self.assertIn("Invalid or expired token", self.connect(token).refused)

    def test_a_token_is_bound_to_the_login_that_fetched_it(self):
        token = self.fetch()
        self.client.logout()
        self.client.force_login(self.ada)

        self.assertIn("Invalid or expired token", self.connect(token).refused)

    def test_nobody_gets_a_token_without_a_login(self):
        self.client.logout()

        self.assertEqual(self.client.post("/ws/token/").status_code, 403)

    def test_anybody_may_look_at_the_scoreboard(self):
        socket = WebSocketClient(ScoreboardSocketView)
        socket.send({"action": "default"})

        self.assertEqual(socket.received, [{"home": 2, "away": 1}])

    def test_staff_get_tokens_from_a_view_of_their_own(self):
        request = RequestFactory().post("/")
        request.user, request.session = self.ada, self.client.session

        refused = StaffTokenView.as_view()(request)
        self.ada.is_staff = True
        accepted = StaffTokenView.as_view()(request)

        self.assertEqual((refused.status_code, accepted.status_code), (403, 200))
