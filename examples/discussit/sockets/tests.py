"""The promises of the sockets: `python manage.py test sockets`."""

# ruff: noqa: PT009 - under Django's runner these say what differs; a bare assert says nothing.

from uuid import uuid4

from django.contrib.auth import get_user_model
from django.test import TestCase

from chat.models import Event, Group, Message
from django_aws_api_gateway_websockets.testing import WebSocketClient, assert_sent


class HomeTests(TestCase):
    def setUp(self) -> None:
        self.ada = get_user_model().objects.create_user("ada")
        self.group = Group.objects.create(name="Engines")
        self.page = WebSocketClient("/ws/discuss/", user=self.ada, channel="home")

    def test_a_page_is_told_that_its_user_has_joined_and_left(self) -> None:
        wishes = [
            {"type": kind, "data": str(self.group.uuid)} for kind in ("join_group", "leave_group")
        ]

        self.page.send(wishes[0])
        self.assertTrue(self.group.has_member(self.ada))
        self.page.send(wishes[1])
        self.assertFalse(self.group.has_member(self.ada))

        self.assertEqual(self.page.received, wishes)
        self.assertEqual(Event.objects.count(), 2)

    def test_a_group_that_is_not_there_is_an_error_and_no_crash(self) -> None:
        self.page.send({"type": "join_group", "data": str(uuid4())})

        self.assertEqual(
            self.page.received, [{"type": "error", "message": "There is no such group."}]
        )


class GroupPageTests(TestCase):
    def setUp(self) -> None:
        self.ada, self.ben = map(get_user_model().objects.create_user, ("ada", "ben"))
        self.group = Group.objects.create(name="Engines")
        self.channel = str(self.group.uuid)
        for user in (self.ada, self.ben):
            self.group.add_user_to_group(user)
        self.pages = [self.open(self.ada), self.open(self.ben)]

    def open(self, user: object) -> WebSocketClient:
        return WebSocketClient("/ws/discuss/", user=user, channel=self.channel)

    def test_a_message_of_a_member_reaches_every_page_of_the_group(self) -> None:
        elsewhere = WebSocketClient("/ws/discuss/", user=self.ada, channel="home")

        self.pages[0].send({"type": "text_message", "author": "ben", "message": "Hello"})

        message = Message.objects.get()
        line = {"type": "text_message", "message": str(message), "group_uuid": self.channel}
        self.assertEqual([page.received for page in self.pages], [[line], [line]])
        self.assertEqual(message.author, self.ada)
        self.assertEqual(elsewhere.received, [])

    def test_a_blank_message_is_ignored(self) -> None:
        self.pages[0].send({"type": "text_message", "message": " "})

        self.assertEqual([page.received for page in self.pages], [[], []])

    def test_only_members_get_in(self) -> None:
        eve = self.open(get_user_model().objects.create_user("eve"))
        stranger = WebSocketClient("/ws/discuss/", channel=self.channel)

        self.assertIn("is not allowed to join", eve.refused)
        self.assertIn("Missing 1 headers: Cookie", stranger.refused)

    def test_the_group_hears_who_joins(self) -> None:
        eve = get_user_model().objects.create_user("eve")

        with assert_sent(
            {
                "type": "event_message",
                "message": "eve Join the Engines group",
                "status": "Join",
                "user": "eve",
            },
            to=self.pages,
        ):
            self.group.add_user_to_group(eve)

    def test_a_member_who_leaves_hears_of_it_and_of_nothing_more(self) -> None:
        self.group.remove_user_from_group(self.ben)
        self.pages[0].send({"type": "text_message", "message": "Alone"})

        told = [[frame["type"] for frame in page.received] for page in self.pages]
        self.assertEqual(told, [["event_message", "text_message"], ["event_message"]])
