"""The promises of the chat room that need no browser: `python manage.py test`."""

# ruff: noqa: PT009 - under Django's runner these say what differs; a bare assert says nothing.

from django.contrib.auth import get_user_model
from django.test import TestCase
from django.urls import reverse

from chat.guests import create_guest
from chat.models import ChatMessage, store_message


class GuestTests(TestCase):
    def test_nobody_can_log_in_as_a_guest(self) -> None:
        self.assertFalse(create_guest().has_usable_password())

    def test_a_guest_who_draws_a_taken_name_draws_again(self) -> None:
        draws = iter(["amber-otter", "amber-otter", "calm-heron"])

        names = [create_guest(lambda **_: next(draws)).get_username() for _ in range(2)]

        self.assertEqual(names, ["amber-otter", "calm-heron"])

    def test_a_visitor_stays_the_same_guest(self) -> None:
        self.client.get(reverse("room"))
        self.client.get(reverse("room"))

        self.assertEqual(get_user_model().objects.count(), 1)


class MessageTests(TestCase):
    def test_the_same_frame_of_the_same_visitor_is_one_message(self) -> None:
        guest = create_guest()

        first = store_message("general", guest, "Hello", frame_id="f1")
        again = store_message("general", guest, "Hello", frame_id="f1")

        self.assertEqual(first, again)
        self.assertEqual(ChatMessage.objects.count(), 1)

    def test_a_frame_id_of_another_visitor_means_nothing(self) -> None:
        first = store_message("general", create_guest(), "Hello", frame_id="f1")
        other = store_message("general", create_guest(), "Hello", frame_id="f1")

        self.assertNotEqual(first, other)

    def test_what_was_said_outlives_its_author(self) -> None:
        guest = create_guest()
        name = guest.get_username()
        store_message("general", guest, "Remember me", frame_id=None)

        guest.delete()

        self.assertEqual(str(ChatMessage.objects.get()), f"[general] {name}: Remember me")


class PageTests(TestCase):
    def test_the_page_says_what_to_do_while_there_is_no_api(self) -> None:
        response = self.client.get(reverse("room"))

        self.assertContains(response, "The WebSocket API does not exist yet")
        self.assertContains(response, "python manage.py runserver")
