"""A message's whole way: client, gateway, Django, database, `@connections`, client.

Every part is real: Django's live server, the gateway as a process, sockets, and boto3 as judge.
"""

import json
import urllib.request
from collections.abc import Callable, Iterator
from urllib.error import HTTPError

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from django_aws_api_gateway_websockets.models import WebSocketSession, WebSocketToken
from tests.stack import Stack, answer, ask, cookie_of, make_stack
from tests.waiting import SECONDS, eventually

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def stack(live_server, local_gateway) -> Stack:
    return make_stack(live_server, "/live-ws/")


@pytest.fixture
def token_stack(live_server, local_gateway) -> Stack:
    return make_stack(live_server, "/token-ws/")


@pytest.fixture
def socket(stack) -> Iterator[ClientConnection]:
    with stack.connect(channel="general") as socket:
        yield socket


def refusal(open_socket: Callable[[], ClientConnection]) -> tuple[int, str]:
    with pytest.raises(InvalidStatus) as raised:
        open_socket()
    return raised.value.response.status_code, raised.value.response.body.decode()


def test_a_message_goes_in_and_another_comes_out(socket):
    ask(socket, action="reply", text="Zoë 東京")

    assert answer(socket) == {"you sent": "Zoë 東京"}


def test_a_channel_receives_what_is_sent_to_it_and_everybody_what_is_sent_to_all(stack):
    with stack.connect(channel="general") as general, stack.connect(channel="support") as support:
        WebSocketSession.objects.filter(channel_name="general").send_message({"to": "general"})
        sent = WebSocketSession.objects.filter(connected=True).send_message({"to": "all"})

        assert [answer(general), answer(general)] == [{"to": "general"}, {"to": "all"}]
        assert answer(support) == {"to": "all"}
        assert [response["ResponseMetadata"]["HTTPStatusCode"] for response in sent] == [200, 200]


def test_a_script_with_boto3_reaches_describes_and_closes_a_connection(stack, socket):
    session = WebSocketSession.objects.get()
    management, connection_id = stack.management, session.connection_id

    management.post_to_connection(ConnectionId=connection_id, Data=b"from a script")
    described = management.get_connection(ConnectionId=connection_id)
    management.delete_connection(ConnectionId=connection_id)

    assert socket.recv(timeout=SECONDS) == "from a script"
    assert described["Identity"]["SourceIp"] == "127.0.0.1"
    with pytest.raises(ConnectionClosed) as closed:
        socket.recv(timeout=SECONDS)
    assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (
        1000,
        "Connection Closed Normally",
    )
    with pytest.raises(management.exceptions.GoneException):
        management.post_to_connection(ConnectionId=connection_id, Data=b"too late")
    assert eventually(lambda: not WebSocketSession.objects.get().connected)


def test_a_client_that_leaves_is_gone_and_its_session_says_so(stack):
    with stack.connect():
        session = WebSocketSession.objects.get()
    assert eventually(lambda: not WebSocketSession.objects.get().connected)

    with pytest.raises(stack.management.exceptions.GoneException):
        stack.management.post_to_connection(ConnectionId=session.connection_id, Data=b"x")


def test_a_session_django_still_believes_in_is_closed_when_a_send_finds_it_gone(stack):
    with stack.connect():
        session = WebSocketSession.objects.get()
    assert eventually(lambda: not WebSocketSession.objects.get().connected)
    WebSocketSession.objects.update(connected=True)

    assert session.send_message({"to": "nobody"}) is None
    assert session.connected is False
    assert WebSocketSession.objects.get().connected is False


def test_a_change_of_channel_moves_the_connection_without_a_new_one(stack, socket):
    ask(socket, action="change_channel", channel="support")
    assert eventually(lambda: WebSocketSession.objects.get().channel_name == "support")

    WebSocketSession.objects.filter(channel_name="support").send_message({"to": "support"})

    assert answer(socket) == {"to": "support"}


@pytest.fixture
def user(db):
    return get_user_model().objects.create_user("ada")


@pytest.fixture
def browser(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def log_out(browser: Client, user) -> None:
    browser.logout()


def deactivate(browser: Client, user) -> None:
    user.is_active = False
    user.save()


def change_password(browser: Client, user) -> None:
    user.set_password("another")
    user.save(update_fields=["password"])


def delete(browser: Client, user) -> None:
    user.delete()


@pytest.mark.parametrize("end", [log_out, deactivate, change_password, delete])
def test_the_end_of_a_login_closes_its_socket_and_no_other(token_stack, stack, browser, user, end):
    token = browser.post("/api/ws-token/").json()["token"]
    cookie = cookie_of(browser)

    with token_stack.connect(cookie=cookie, ws_token=token) as ended, stack.connect() as other:
        end(browser, user)
        with pytest.raises(ConnectionClosed) as closed:
            ended.recv(timeout=SECONDS)
        WebSocketSession.objects.all().send_message({"to": "who is left"})
        received = answer(other)

    assert closed.value.rcvd.code == 1000
    assert received == {"to": "who is left"}


def test_a_password_changed_behind_djangos_back_closes_the_socket_at_its_next_message(
    stack, browser, user
):
    with stack.connect(cookie=cookie_of(browser)) as socket:
        get_user_model().objects.update(password="another")
        ask(socket, action="reply", text="still me")

        with pytest.raises(ConnectionClosed) as closed:
            socket.recv(timeout=SECONDS)

    assert closed.value.rcvd.code == 1000
    assert WebSocketSession.objects.get().connected is False


class TestTokens:
    def test_a_token_opens_one_connection_and_no_second(self, token_stack, browser, user):
        token = browser.post("/api/ws-token/").json()["token"]
        cookie = cookie_of(browser)

        with token_stack.connect(cookie=cookie, ws_token=token) as socket:
            ask(socket, action="reply")
            assert answer(socket) == {"user": "ada"}
        again = refusal(lambda: token_stack.connect(cookie=cookie, ws_token=token))

        assert again == (400, "Invalid or expired token")

    def test_a_missing_token_is_refused_in_words(self, token_stack, browser):
        cookie = cookie_of(browser)

        assert refusal(lambda: token_stack.connect(cookie=cookie)) == (
            400,
            "Invalid or expired token",
        )

    def test_a_token_of_another_session_is_refused_and_stays_good(self, token_stack, browser, user):
        token = browser.post("/api/ws-token/").json()["token"]
        stranger = Client()
        stranger.force_login(user)
        cookie = cookie_of(stranger)

        refused = refusal(lambda: token_stack.connect(cookie=cookie, ws_token=token))

        assert refused == (400, "Invalid or expired token")
        assert WebSocketToken.objects.get().used is False


class TestBadInput:
    def test_a_message_over_128_kb_closes_with_1009_and_only_its_connection(self, stack, socket):
        with stack.connect() as too_much:
            ask(too_much, action="reply", text="x" * 132_096)
            with pytest.raises(ConnectionClosed) as closed:
                too_much.recv(timeout=SECONDS)
        ask(socket, action="reply", text="still here")

        assert closed.value.rcvd.code == 1009
        assert answer(socket) == {"you sent": "still here"}
        assert eventually(lambda: WebSocketSession.objects.filter(connected=True).count() == 1)

    def test_a_binary_message_closes_with_1003_and_says_why(self, stack):
        with stack.connect() as binary:
            binary.send(b"\x00\x01")
            with pytest.raises(ConnectionClosed) as closed:
                binary.recv(timeout=SECONDS)

        assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (
            1003,
            "Binary is not supported",
        )

    @pytest.mark.parametrize("text", ["{not json", "[1, 2]", '"text"', "", '{"no": "handler"}'])
    def test_malformed_messages_reach_no_handler_and_cost_no_connection(self, socket, text):
        socket.send(text)
        ask(socket, action="reply", text="still here")

        assert answer(socket) == {"you sent": "still here"}

    def test_an_unknown_handler_goes_to_default(self, socket):
        ask(socket, action="nobody knows this", text="plain")

        assert answer(socket) == {"default got": {"action": "nobody knows this", "text": "plain"}}

    def test_an_unknown_api_is_forbidden(self, stack):
        url = stack.gateway.websocket_url().replace(stack.gateway.api_id, "unknown1234")

        assert refusal(lambda: connect(url, origin=stack.site)) == (403, '{"message":"Forbidden"}')

    def test_a_page_of_another_site_is_refused(self, stack):
        url = stack.gateway.websocket_url()
        headers = {"Cookie": "a=b"}

        refused = refusal(
            lambda: connect(url, origin="https://evil.example", additional_headers=headers)
        )

        assert refused == (400, "Host is not in Origin")

    def test_an_unsigned_call_of_connections_is_refused(self, stack, socket):
        connection_id = WebSocketSession.objects.get().connection_id
        request = urllib.request.Request(
            f"{stack.endpoint}/@connections/{connection_id}", data=b"x", method="POST"
        )

        with pytest.raises(HTTPError) as raised:
            urllib.request.urlopen(request, timeout=SECONDS)

        assert raised.value.code == 403
        assert json.loads(raised.value.read()) == {"message": "Missing Authentication Token"}
        raised.value.close()
