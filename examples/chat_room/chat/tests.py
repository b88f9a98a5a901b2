"""The promises of the chat room that need no browser: `python manage.py test`."""

# ruff: noqa: PT009, PT027 - under Django's runner these say what differs; a bare assert says nothing.

from django.contrib.auth import get_user_model
from django.test import TestCase
from django.urls import reverse

from chat.guests import create_guest
from chat.models import ChatMessage, store_message
from django_aws_api_gateway_websockets.testing import RefusedError, WebSocketClient, clock


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

    def test_a_message_outlives_its_author(self) -> None:
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


class RoomTests(TestCase):
    def setUp(self) -> None:
        self.ada, self.ben = (WebSocketClient("/ws/chat/", user=create_guest()) for _ in range(2))
        self.ada.subscribe("general")
        self.ben.subscribe("general")

    def test_a_message_reaches_the_others_and_its_author_as_the_reply(self) -> None:
        said = self.ada.request("chat_message", room="general", message=" Hello ")

        self.assertEqual(self.ben.received_in("general"), [said])
        self.assertEqual(said["message"], "Hello")
        self.assertEqual(self.ada.received, [])

    def test_a_message_stays_in_its_room(self) -> None:
        self.ada.request("chat_message", room="support", message="Help")

        self.assertEqual(self.ben.received, [])

    def test_a_late_visitor_reads_the_history(self) -> None:
        said = self.ada.request("chat_message", room="general", message="Hello")
        late = WebSocketClient("/ws/chat/", user=create_guest())

        history = late.request("fetch_history", room="general")

        self.assertEqual(history["messages"], [said])

    def test_a_frame_that_comes_twice_is_said_once(self) -> None:
        for _ in range(2):
            self.ada.request("chat_message", room="general", message="Hello", frame_id="f1")

        self.assertEqual(ChatMessage.objects.count(), 1)

    def test_an_invalid_message_is_refused_with_a_reason(self) -> None:
        for room, message, reason in (
            ("kitchen", "Hello", "There is no such room."),
            ("general", "  ", "Message cannot be empty."),
            ("general", "x" * 2_001, "Message has 2,001 characters; at most 2,000 fit."),
        ):
            with self.assertRaises(RefusedError) as refused:
                self.ada.request("chat_message", room=room, message=message)
            self.assertEqual(refused.exception.reason, reason)

        self.assertEqual(self.ben.received, [])

    def test_there_is_no_room_but_ours(self) -> None:
        with self.assertRaises(RefusedError):
            self.ada.subscribe("kitchen")

    def test_everybody_sees_who_is_there_and_who_has_left(self) -> None:
        self.assertEqual(len(self.ada.presence("general")), 2)

        self.ben.close()
        clock.advance(seconds=15)

        self.assertEqual(len(self.ada.presence("general")), 1)

    def test_the_visitor_of_the_page_may_connect(self) -> None:
        visitor = WebSocketClient("/ws/chat/", connect=False)
        visitor.browser.get(reverse("room"))

        self.assertTrue(visitor.connect())
