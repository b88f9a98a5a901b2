"""The promises of groups, messages and events: `python manage.py test chat`."""

# ruff: noqa: PT009, PT027 - under Django's runner these say what differs; a bare assert says nothing.

from collections.abc import Collection
from datetime import UTC, datetime
from functools import partial
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models.signals import m2m_changed
from django.test import TestCase

from chat.demo import prepare
from chat.memberships import find_ended
from chat.models import MAX_MESSAGE_CHARACTERS, Event, Group, Message, find_group


class GroupTests(TestCase):
    def setUp(self) -> None:
        self.ada = get_user_model().objects.create_user("ada")
        self.group = Group.objects.create(name="Engines")

    def test_a_membership_that_changes_writes_one_event(self) -> None:
        changes = [
            self.group.add_user_to_group(self.ada),
            self.group.add_user_to_group(self.ada),
            self.group.remove_user_from_group(self.ada),
            self.group.remove_user_from_group(self.ada),
        ]

        self.assertEqual(changes, [True, False, True, False])
        self.assertEqual(
            [str(event) for event in Event.objects.order_by("pk")],
            ["ada Join the Engines group", "ada Left the Engines group"],
        )

    def test_the_event_of_the_longest_names_fits(self) -> None:
        user = get_user_model().objects.create_user("u" * 150)
        self.group.name = "g" * 30

        self.group.add_user_to_group(user)

        description = Event._meta.get_field("description")
        self.assertLessEqual(len(Event.objects.get().description), description.max_length)

    def test_only_members_say_something_that_is_not_blank_and_not_too_long(self) -> None:
        with self.assertRaises(PermissionDenied):
            self.group.add_message(self.ada, "Hello")
        self.group.members.add(self.ada)

        for blank in ("", " \n", "\0", None, 7, ["text"]):
            self.assertIsNone(self.group.add_message(self.ada, blank))
        with self.assertRaises(ValidationError):
            self.group.add_message(self.ada, "x" * (MAX_MESSAGE_CHARACTERS + 1))
        self.group.add_message(self.ada, "a\0b \ud83d")

        self.assertEqual(Message.objects.get().content, "ab ?")

    def test_a_message_says_who_what_and_when(self) -> None:
        message = Message(author=self.ada, content="Hello", group=self.group)
        message.timestamp = datetime(2026, 3, 1, 9, 5, tzinfo=UTC)

        self.assertEqual(str(message), "ada:- Hello @2026-03-01 9:05")

    def test_the_log_has_messages_and_events_in_the_order_of_time(self) -> None:
        self.group.add_user_to_group(self.ada)
        self.group.add_message(self.ada, "Hello")
        self.group.remove_user_from_group(self.ada)

        kinds = [type(entry) for entry in self.group.read_log()]

        self.assertEqual(kinds, [Event, Message, Event])

    def test_a_value_that_is_no_uuid_names_no_group(self) -> None:
        for name in ("", "home", "%", None, 7, {"uuid": 1}, ["x"], True, self.ada.pk):
            self.assertIsNone(find_group(name))
        self.assertEqual(find_group(str(self.group.uuid)), self.group)


class MembershipTests(TestCase):
    def setUp(self) -> None:
        self.ada, self.group = get_user_model().objects.create_user("ada"), Group.objects.create()
        self.ended: list[tuple[Group, Collection[int] | None]] = []
        m2m_changed.connect(self.note, sender=Group.members.through)
        self.addCleanup(m2m_changed.disconnect, self.note, sender=Group.members.through)

    def note(
        self, instance: Any, *, action: str, reverse: bool, pk_set: set[int] | None, **kwargs: Any
    ) -> None:
        self.ended += find_ended(instance, action=action, reverse=reverse, pk_set=pk_set)

    def test_a_membership_ended_from_either_side_is_found(self) -> None:
        one, anybody = [(self.group, {self.ada.pk})], [(self.group, None)]
        for end, ended in (
            (partial(self.group.members.remove, self.ada), one),
            (partial(self.group.members.set, []), one),
            (self.group.members.clear, anybody),
            (partial(self.ada.group_set.remove, self.group), one),
            (self.ada.group_set.clear, one),
        ):
            self.group.members.add(self.ada)
            self.assertEqual(self.ended, [])
            end()
            self.assertEqual(self.ended, ended)
            self.ended.clear()


class DemoTests(TestCase):
    def test_a_second_start_keeps_what_is_there(self) -> None:
        prepare()
        user = get_user_model().objects.get(username="ada")
        user.set_password("another")
        user.save()
        Group.objects.first().delete()
        number = Group.objects.count()

        prepare()

        self.assertTrue(get_user_model().objects.get(username="ada").check_password("another"))
        self.assertEqual(Group.objects.count(), number)
