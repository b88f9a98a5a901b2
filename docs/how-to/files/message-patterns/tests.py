from types import SimpleNamespace

from django.contrib.auth import get_user_model
from django.test import TestCase

from chat.channels import Room
from chat.sending import close_month, import_rows, rename_product, tell_everyone, toast
from chat.views import send_to_everyone_but
from django_aws_api_gateway_websockets.models import WebSocketSession
from django_aws_api_gateway_websockets.testing import WebSocketClient, assert_sent


class PatternTests(TestCase):
    def setUp(self):
        create = get_user_model().objects.create_user
        self.ada, self.grace = create("ada", is_staff=True), create("grace")
        self.adas = WebSocketClient("/ws/", user=self.ada)
        self.graces = WebSocketClient("/ws/", user=self.grace)
        self.phone = WebSocketClient("/ws/", user=self.ada)
        for client in (self.adas, self.graces):
            client.subscribe("room-7", "products", "task-1")

    def everybody_received(self):
        return [client.received for client in (self.adas, self.graces, self.phone)]

    def test_a_request_gets_a_reply(self):
        self.assertEqual(self.adas.request("say", text="tea"), {"characters": 3})

    def test_one_connection(self):
        self.adas.send({"action": "ping_me"})

        self.assertEqual(self.everybody_received(), [[{"type": "ping"}], [], []])

    def test_a_user_on_every_device(self):
        toast(self.ada, "Saved")

        saved = {"type": "toast", "text": "Saved", "level": "info"}
        self.assertEqual(self.everybody_received(), [[saved], [], [saved]])

    def test_a_channel_but_not_the_sender(self):
        self.adas.send({"action": "clap", "room": 7})

        self.assertEqual(self.everybody_received(), [[], [{"type": "clap"}], []])

    def test_everybody_but_one_user(self):
        send_to_everyone_but(self.ada, "hello")

        self.assertEqual(self.everybody_received(), [[], ["hello"], []])

    def test_everybody(self):
        with assert_sent(to=[self.ada, self.grace], times=1):
            tell_everyone("Tea")

    def test_progress(self):
        import_rows(range(250), store=str, task=1)

        self.assertEqual([one["done"] for one in self.graces.received], [100, 200, 250])

    def test_a_change_is_told_after_the_commit(self):
        product = SimpleNamespace(pk=7, name="Tea", save=str)

        rename_product(product, "Green tea")

        self.assertEqual(self.graces.received, [{"type": "changed", "what": "product-7"}])

    def test_a_broadcast_in_the_background(self):
        close_month("2031-01", store=str)

        changed = {"type": "changed", "what": "month-2031-01"}
        self.assertEqual(self.adas.received, ["closed", changed])
        self.assertEqual(self.graces.received, [changed])

    def test_a_session_keeps_what_others_have_written(self):
        self.adas.send({"action": "look_at", "task": 9})

        self.assertEqual(self.adas.session.channel_name, "task-9")
        self.assertEqual(self.adas.session.request_count, 3)

    def test_a_gone_connection_is_forgotten(self):
        self.adas.socket.make_gone()

        report = Room(pk=7).publish("hello").report

        self.assertEqual((report.sent, report.gone), (1, 1))
        self.assertEqual(WebSocketSession.objects.connected().count(), 2)
