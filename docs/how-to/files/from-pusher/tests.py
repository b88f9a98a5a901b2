from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.core.cache import cache
from django.test import TestCase

from chat.events import subscription_count, trigger, user_ids
from django_aws_api_gateway_websockets.testing import RefusedError, WebSocketClient


class EventTests(TestCase):
    def setUp(self):
        team = Group.objects.create(pk=7, name="Tea")
        create = get_user_model().objects.create_user
        self.ada, self.grace = (create(name) for name in ("ada", "grace"))
        team.user_set.add(self.ada, self.grace)
        self.adas, self.graces = (
            WebSocketClient("/ws/", user=user) for user in (self.ada, self.grace)
        )
        self.addCleanup(cache.clear)

    def test_an_event_reaches_the_channel_but_no_excluded_socket(self):
        for client in (self.adas, self.graces):
            client.subscribe("private-team-7")

        trigger("private-team-7", "news", {"text": "Tea"}, exclude=[self.adas.session])

        self.assertEqual(self.adas.received, [])
        self.assertEqual(self.graces.received, [{"event": "news", "data": {"text": "Tea"}}])

    def test_an_event_to_several_channels(self):
        self.adas.subscribe("public-news", "public-sports")

        trigger(["public-news", "public-sports"], "news", 1)

        self.assertEqual(len(self.adas.received), 2)

    def test_a_private_channel_is_for_members(self):
        stranger = WebSocketClient("/ws/", user=get_user_model().objects.create_user("eve"))

        with self.assertRaises(RefusedError):
            stranger.subscribe("private-team-7")

    def test_a_client_event(self):
        for client in (self.adas, self.graces):
            client.subscribe("private-team-7")

        self.adas.publish("private-team-7", {"event": "client-typing", "data": {}})

        self.assertIn({"event": "client-typing", "data": {}}, self.graces.received)

    def test_members_see_who_is_there(self):
        for client in (self.adas, self.graces):
            client.subscribe("presence-team-7")

        names = {member["name"] for member in self.graces.presence("presence-team-7")}

        self.assertEqual(names, {"ada", "grace"})
        self.assertEqual(subscription_count("presence-team-7"), 2)
        self.assertEqual(set(user_ids("presence-team-7")), {self.ada.pk, self.grace.pk})

    def test_a_signal_takes_the_place_of_a_webhook(self):
        self.adas.subscribe("presence-team-7")
        self.assertTrue(cache.get("presence-team-7-occupied"))
        self.assertEqual(cache.get("presence-team-7-last"), "ada")

        self.adas.unsubscribe("presence-team-7")
        self.assertIsNone(cache.get("presence-team-7-occupied"))
