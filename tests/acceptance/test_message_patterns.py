"""The documented ways to use messages, each over real sockets from one end to the other."""

import json
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import connections, transaction
from django.http import JsonResponse
from django.test import Client
from django.urls import include, path

from django_aws_api_gateway_websockets.models import WebSocketSession
from django_aws_api_gateway_websockets.views import WebSocketView
from tests import events
from tests.stack import Stack, answer, ask, cookie_of, make_stack
from tests.waiting import SECONDS, eventually

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.any_database]

HISTORY_LENGTH = 50


class PatternsView(WebSocketView):
    """Lets anybody connect, which is not the matter here."""

    USE_WS_TOKEN = False
    RATE_LIMIT_ENABLED = False

    def reply(self, request, *args, **kwargs):
        self.websocket_session.send_message({"type": "reply", "text": self.body["text"]})

    def follow(self, request, *args, **kwargs):
        self.websocket_session.channel_name = self.body["task"]
        self.websocket_session.save(update_fields=["channel_name", "updated_on"])
        self.websocket_session.send_message({"following": self.body["task"]})

    def change_channel(self, request, *args, **kwargs):
        return super().change_channel(request, *args, **kwargs)


class ChatView(PatternsView):
    """The chat room of the documentation, with a list for a table."""

    stored: list[dict[str, Any]] = []  # noqa: RUF012 - emptied by the fixture of the chat.

    def fetch_history(self, request, *args, **kwargs):
        room = self.websocket_session.channel_name
        messages = [message for message in self.stored if message["room"] == room]
        self.websocket_session.send_message(
            {"type": "history", "room": room, "messages": messages[-HISTORY_LENGTH:]}
        )
        return JsonResponse({"ok": True})

    def chat_message(self, request, *args, **kwargs):
        return self._say(request, send=self._send_to_room)

    def chat_message_after_commit(self, request, *args, **kwargs):
        with transaction.atomic():
            return self._say(
                request,
                send=lambda message: transaction.on_commit(lambda: self._send_to_room(message)),
            )

    def change_channel(self, request, *args, **kwargs):
        super().change_channel(request, *args, **kwargs)
        channel = self.websocket_session.channel_name
        return JsonResponse({"ok": True, "type": "channel_changed", "channel": channel})

    def default(self, request, *args, **kwargs):
        return JsonResponse({"ok": False, "error": "Unknown WebSocket action."}, status=400)

    def _say(self, request, send):
        text = str(self.body.get("message", "")).strip()
        if not text:
            return JsonResponse({"ok": False, "error": "Message cannot be empty."}, status=400)
        message = {
            "type": "chat_message",
            "room": self.websocket_session.channel_name,
            "username": request.user.get_username() or "Anonymous",
            "message": text,
        }
        self.stored.append(message)
        send(message)
        return JsonResponse({"ok": True})

    def _send_to_room(self, message):
        WebSocketSession.objects.filter(channel_name=message["room"]).send_message(message)


def save_profile(request):
    """An ordinary view that tells the user's open pages what has happened."""
    request.user.websocket_sessions.filter(connected=True).send_message(
        {"type": "toast", "level": "success", "message": "Saved"}
    )
    return JsonResponse({})


urlpatterns = [
    path("", include("tests.project.urls")),
    path("patterns-ws/<slug:route>", PatternsView.as_view()),
    path("chat-ws/<slug:route>", ChatView.as_view()),
    path("profile/", save_profile),
]


@pytest.fixture(autouse=True)
def _urls(settings):
    settings.ROOT_URLCONF = __name__


@pytest.fixture
def stack(live_server, local_gateway) -> Stack:
    return make_stack(live_server, "/patterns-ws/")


@pytest.fixture
def opened(stack) -> Iterator[ExitStack]:
    """Sockets entered here are closed when the test is over."""
    with ExitStack() as sockets:
        yield sockets


def log_in(name: str) -> Client:
    browser = Client()
    browser.force_login(get_user_model().objects.create_user(name))
    return browser


def tell_everybody(mark: str) -> None:
    """Send what comes after all that was sent before, so that nothing else need be waited for."""
    WebSocketSession.objects.filter(connected=True).send_message({"mark": mark})


class TestMessagePatterns:
    def test_a_reply_reaches_the_sender_and_nobody_else(self, stack, opened):
        sender, other = (opened.enter_context(stack.connect(channel="general")) for _ in range(2))

        ask(sender, action="reply", text="hello")
        received = answer(sender)
        tell_everybody("end")

        assert received == {"type": "reply", "text": "hello"}
        assert answer(sender) == answer(other) == {"mark": "end"}

    def test_every_page_of_a_user_receives_and_no_page_of_another(self, stack, opened):
        ada, ben = log_in("ada"), log_in("ben")
        first, second, bens = (
            opened.enter_context(stack.connect(cookie=cookie_of(browser)))
            for browser in (ada, ada, ben)
        )
        user = get_user_model().objects.get(username="ada")

        user.websocket_sessions.filter(connected=True).send_message({"type": "invitation"})
        tell_everybody("end")

        assert answer(first) == answer(second) == {"type": "invitation"}
        assert answer(bens) == {"mark": "end"}

    def test_a_form_that_is_saved_shows_a_toast_on_the_pages_of_its_user(self, stack, opened):
        ada, ben = log_in("ada"), log_in("ben")
        adas, bens = (
            opened.enter_context(stack.connect(cookie=cookie_of(browser))) for browser in (ada, ben)
        )

        saved = ada.post("/profile/")
        tell_everybody("end")

        assert saved.status_code == 200
        assert answer(adas) == {"type": "toast", "level": "success", "message": "Saved"}
        assert answer(bens) == {"mark": "end"}

    def test_a_task_in_the_background_reports_its_progress_on_its_channel(self, stack, opened):
        following = opened.enter_context(stack.connect(channel="task_123"))
        other = opened.enter_context(stack.connect(channel="task_1234"))

        def work() -> None:
            try:
                channel = WebSocketSession.objects.filter(channel_name="task_123")
                for percent in (0, 50, 100):
                    channel.send_message({"type": "progress", "percent": percent})
            finally:
                connections.close_all()

        task = threading.Thread(target=work)
        task.start()
        task.join(SECONDS)
        tell_everybody("end")

        assert not task.is_alive()
        assert [answer(following)["percent"] for _ in range(3)] == [0, 50, 100]
        assert answer(other) == {"mark": "end"}

    @pytest.mark.parametrize("is_committed", [True, False])
    def test_an_invalidation_is_sent_after_the_commit_and_never_without(
        self, stack, opened, is_committed
    ):
        page = opened.enter_context(stack.connect(channel="articles"))
        connection_id = WebSocketSession.objects.get().connection_id

        def invalidate() -> None:
            WebSocketSession.objects.filter(channel_name="articles").send_message(
                {"type": "invalidate", "model": "article", "id": 7}
            )

        with transaction.atomic():
            transaction.on_commit(invalidate)
            stack.management.post_to_connection(
                ConnectionId=connection_id, Data=json.dumps({"mark": "not yet"}).encode()
            )
            transaction.set_rollback(not is_committed)
        tell_everybody("end")

        said = [{"type": "invalidate", "model": "article", "id": 7}] if is_committed else []
        expected = [{"mark": "not yet"}, *said, {"mark": "end"}]
        assert [answer(page) for _ in expected] == expected

    def test_a_handler_saves_its_columns_and_leaves_the_counter_alone(self, stack, opened):
        page = opened.enter_context(stack.connect(channel="general"))
        before = WebSocketSession.objects.get()

        for task in ("task_1", "task_2", "task_3"):
            ask(page, action="follow", task=task)
            assert answer(page) == {"following": task}

        after = WebSocketSession.objects.get()
        assert after.channel_name == "task_3"
        assert after.updated_on > before.updated_on
        assert (before.request_count, after.request_count) == (1, 4)


class TestChatRoom:
    @pytest.fixture
    def stack(self, live_server, local_gateway) -> Iterator[Stack]:
        """The chat, in place of the patterns."""
        yield make_stack(live_server, "/chat-ws/")
        ChatView.stored.clear()

    @pytest.fixture
    def general(self, stack, opened):
        return opened.enter_context(stack.connect(channel="general"))

    @pytest.fixture
    def support(self, stack, opened):
        return opened.enter_context(stack.connect(channel="support"))

    def test_history_is_for_who_asks_the_last_fifty_oldest_first(self, general, support):
        ChatView.stored.extend({"room": "general", "message": n} for n in range(60))

        ask(general, action="fetch_history")
        history = answer(general)
        tell_everybody("end")

        assert (history["type"], history["room"]) == ("history", "general")
        assert [message["message"] for message in history["messages"]] == list(range(10, 60))
        assert answer(general) == answer(support) == {"mark": "end"}

    @pytest.mark.parametrize("handler", ["chat_message", "chat_message_after_commit"])
    def test_a_message_is_read_in_its_room_and_by_its_author(
        self, stack, opened, general, support, handler
    ):
        author = opened.enter_context(stack.connect(channel="general"))

        ask(author, action=handler, message="  Hello everyone ")
        received = [answer(author), answer(general)]
        tell_everybody("end")

        said = {"room": "general", "username": "Anonymous", "message": "Hello everyone"}
        assert received == [{"type": "chat_message", **said}] * 2
        assert answer(support) == {"mark": "end"}
        assert len(ChatView.stored) == 1

    def test_a_change_of_channel_moves_the_page_and_counts_on(self, general):
        ask(general, action="fetch_history")
        answer(general)

        ask(general, action="change_channel", channel="support")

        sessions = WebSocketSession.objects
        assert eventually(lambda: sessions.get().channel_name == "support")
        assert sessions.filter(channel_name="general").send_message({"to": "general"}) == []
        sessions.filter(channel_name="support").send_message({"to": "support"})
        assert answer(general) == {"to": "support"}
        assert sessions.get().request_count == 3

    @pytest.mark.parametrize(
        ("message", "status", "body"),
        [
            ({"action": "chat_message", "message": " \n"}, 400, "Message cannot be empty."),
            ({"action": "chat_message"}, 400, "Message cannot be empty."),
            ({"action": "dance"}, 400, "Unknown WebSocket action."),
            ({"action": "change_channel", "channel": "a b"}, 200, '"channel": "general"'),
            ({"action": "change_channel", "channel": "x" * 129}, 200, '"channel": "general"'),
            ({"action": "change_channel", "channel": 7}, 200, '"channel": "general"'),
            ({"action": "change_channel"}, 200, '"channel": "general"'),
        ],
    )
    def test_a_refused_action_changes_nothing_and_costs_no_connection(
        self, stack, general, message, status, body
    ):
        answered = post_as_the_gateway_would(stack, "/chat-ws/default", message)
        ask(general, **message)
        ask(general, action="chat_message", message="still here")

        assert (answered.status_code, body in answered.content.decode()) == (status, True)
        assert answer(general)["message"] == "still here"
        assert len(ChatView.stored) == 1
        assert WebSocketSession.objects.get().channel_name == "general"

    @pytest.mark.parametrize("channel", ["a b", "x" * 129, 7, None])
    def test_a_view_that_hands_the_answer_on_refuses_such_a_channel(self, stack, general, channel):
        message = {"action": "change_channel", "channel": channel}

        answered = post_as_the_gateway_would(stack, "/patterns-ws/default", message)

        assert (answered.status_code, answered.content) == (400, b"Invalid channel")

    @pytest.mark.parametrize("is_known", [True, False])
    def test_a_page_that_has_left_is_passed_over(self, stack, opened, general, is_known):
        with stack.connect(channel="general"):
            leaving = WebSocketSession.objects.order_by("-pk")[0]
        gone = WebSocketSession.objects.filter(pk=leaving.pk, connected=False)
        assert eventually(gone.exists)
        # `$disconnect` is sent at best: the send itself may be the first to find out.
        gone.update(connected=not is_known)
        before = WebSocketSession.objects.get(pk=leaving.pk)

        sent = WebSocketSession.objects.filter(channel_name="general").send_message({"n": 1})

        assert len(sent) == 1
        assert answer(general) == {"n": 1}
        # A session that is known to have left is not even asked.
        assert (gone.get().updated_on == before.updated_on) is is_known


def post_as_the_gateway_would(stack: Stack, url: str, message: dict[str, Any]):
    """Return the view's response, which API Gateway keeps to itself."""
    return events.message(
        Client(),
        message,
        path=url,
        Connectionid=WebSocketSession.objects.get().connection_id,
        X_Amzn_Apigateway_Api_Id=stack.gateway.api_id,
    )
