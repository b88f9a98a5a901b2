from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission
from django.test import TestCase

from django_aws_api_gateway_websockets.testing import RefusedError, WebSocketClient


class PermissionTests(TestCase):
    def setUp(self):
        self.ada = get_user_model().objects.create_user("ada")
        self.team = Group.objects.create(name="Tea")

    def grant(self, *codenames):
        self.ada.user_permissions.add(*Permission.objects.filter(codename__in=codenames))

    def assert_refused(self, client, action, **values):
        with self.assertRaises(RefusedError) as refused:
            client.request(action, **values)
        self.assertEqual(refused.exception.code, "forbidden")

    def test_without_a_permission_nobody_connects(self):
        self.assertIn("Permission Denied", WebSocketClient("/ws/teams/", user=self.ada).refused)

    def test_any_one_is_enough(self):
        self.grant("view_group")
        client = WebSocketClient("/ws/teams/", user=self.ada)

        self.assertEqual(client.request("look", team=self.team.pk), {"name": "Tea"})

    def test_all_are_needed(self):
        self.grant("view_user")
        client = WebSocketClient("/ws/audit/", user=self.ada)
        self.assertEqual(client.send({"action": "default"}).status_code, 403)

        self.grant("view_group")
        self.assertEqual(client.request("default"), "all is well")

    def test_a_handler_may_want_more(self):
        self.grant("view_group")
        client = WebSocketClient("/ws/teams/", user=self.ada)

        self.assert_refused(client, "rename", team=self.team.pk, name="Coffee")

    def test_an_object_may_want_more(self):
        self.grant("view_group", "change_group")
        client = WebSocketClient("/ws/teams/", user=self.ada)
        self.assert_refused(client, "remove", team=self.team.pk)

        self.ada.groups.add(self.team)
        client.request("remove", team=self.team.pk)
        self.assertFalse(Group.objects.exists())

    def test_a_method_that_is_not_allowed_is_not_called(self):
        self.grant("view_group")
        client = WebSocketClient("/ws/teams/", user=self.ada)
        client.raise_request_exception = False

        with self.assertRaises(RefusedError) as refused:
            client.request("team", team=self.team.pk)

        self.assertEqual(refused.exception.code, "unknown_action")

    def test_a_user_has_a_channel_of_their_own(self):
        own = WebSocketClient("/ws/own/", user=self.ada, channel=f"user_{self.ada.pk}")
        other = WebSocketClient("/ws/own/", user=self.ada, channel="user_0")

        self.assertTrue(own.is_open)
        self.assertIn("Permission Denied", other.refused)
