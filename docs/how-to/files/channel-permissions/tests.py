from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.core.cache import cache
from django.test import TestCase

from chat.rules import restrict
from django_aws_api_gateway_websockets.models import ChannelPermission
from django_aws_api_gateway_websockets.testing import WebSocketClient


class ChannelPermissionTests(TestCase):
    def setUp(self):
        restrict()
        self.ada = get_user_model().objects.create_user("ada")

    def may_join(self, channel, path="/ws/ruled/"):
        return WebSocketClient(path, user=self.ada, channel=channel).is_open

    def grant(self, *codenames):
        self.ada.user_permissions.add(*Permission.objects.filter(codename__in=codenames))

    def test_staff_alone_are_in_the_staff_room(self):
        self.assertFalse(self.may_join("staff-room"))

        self.ada.is_staff = True
        self.ada.save()
        self.assertTrue(self.may_join("staff-room"))

    def test_one_rule_is_enough_and_wants_all_of_its_permissions(self):
        self.grant("view_user")
        self.assertFalse(self.may_join("board"))

        self.grant("view_group")
        self.assertTrue(self.may_join("board"))

    def test_the_other_rule_is_enough_as_well(self):
        self.grant("change_user")

        self.assertTrue(self.may_join("board"))

    def test_a_channel_without_a_row_is_refused(self):
        self.assertFalse(self.may_join("kitchen"))

    def test_a_row_that_is_not_stored_counts(self):
        self.assertFalse(self.may_join("tenant-7", "/ws/tenants/"))

        self.ada.is_staff = True
        self.ada.save()
        self.assertTrue(self.may_join("tenant-7", "/ws/tenants/"))

    def test_a_condition_of_your_own_comes_first(self):
        ChannelPermission.objects.create(channel_name="news")
        self.assertTrue(self.may_join("news", "/ws/tenants/"))

        cache.set("channels-closed", True)
        self.addCleanup(cache.clear)
        self.assertFalse(self.may_join("news", "/ws/tenants/"))

    def test_change_channel_asks_as_well(self):
        ChannelPermission.objects.create(channel_name="news")
        client = WebSocketClient("/ws/ruled/", user=self.ada, channel="news")

        client.send({"action": "change_channel", "channel": "board"})

        self.assertEqual(client.session.channel_name, "news")

    def test_a_row_costs_one_query_and_its_rules_four(self):
        self.grant("view_user", "view_group")
        board = ChannelPermission.objects.get(channel_name="board")
        user = get_user_model().objects.get(pk=self.ada.pk)

        # The rules, their permissions, and the user's own permissions and those of its groups.
        with self.assertNumQueries(4):
            self.assertTrue(board.allows(user))
        with self.assertNumQueries(1):
            ChannelPermission.for_channel("board")
