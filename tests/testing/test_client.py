"""A client in the memory of a test behaves as a browser behind the real gateway does."""

from types import ModuleType

import pytest
from django.test import TestCase
from django.urls import path

from django_aws_api_gateway_websockets.models import (
    ApiGateway,
    ApiGatewayAdditionalRoute,
    WebSocketSession,
    WebSocketToken,
)
from django_aws_api_gateway_websockets.testing import NotOpenError, WebSocketClient
from tests.testing.site import ChatView, TokenView, make_user

pytestmark = pytest.mark.django_db


def test_everybody_in_the_room_hears_it_and_nobody_else():
    ada, ben = (WebSocketClient("/ws/", channel="lobby") for _ in range(2))
    eve = WebSocketClient("/ws/", channel="cellar")

    ada.send({"action": "shout", "text": "hello"})

    assert ada.received == ben.received == [{"shouted": "hello", "by": ""}]
    assert eve.received == []


@pytest.mark.parametrize("where", ["/ws/", "/ws", ChatView, "/ws/?channel=lobby"])
def test_a_view_is_found_by_path_and_by_class(where):
    client = WebSocketClient(where)

    assert client.is_open
    assert client.session.channel_name == ("lobby" if "?" in str(where) else "")


def test_a_view_that_no_url_leads_to_is_called_all_the_same():
    client = WebSocketClient(ChatView.as_view(route_selection_key="do"))

    client.send({"do": "save", "title": "x"})
    answer = client.request("save", title="x")

    assert answer == {"saved": "x"}


@pytest.mark.parametrize(
    ("where", "error", "words"),
    [
        ("/nowhere/", ValueError, "no URL matches '/nowhere/connect'.*There is /ws/ (ChatView)"),
        (len, TypeError, "neither a path nor a WebSocketView"),
    ],
)
def test_a_path_that_leads_to_no_view_is_an_error_that_names_one_that_does(where, error, words):
    with pytest.raises(error, match=words.replace("(", r"\(").replace(")", r"\)")):
        WebSocketClient(where)


def test_a_client_that_is_not_let_in_knows_why_and_can_do_nothing():
    client = WebSocketClient("/ws/", channel="a b")

    assert client.refused.startswith('Invalid channel: "a b"; names match')
    assert client.response.status_code == 400
    assert not client.is_open
    with pytest.raises(NotOpenError, match="anonymous in a b: refused, Invalid channel"):
        client.send({})
    with pytest.raises(NotOpenError, match="nothing arrives"):
        assert client.received


def test_a_client_is_of_its_user():
    client = WebSocketClient("/ws/", user=make_user("ada"), channel="lobby")

    client.send({"action": "shout", "text": "hello"})

    assert client.received == [{"shouted": "hello", "by": "ada"}]
    assert client.session.user.get_username() == "ada"


def test_a_token_is_fetched_where_the_view_wants_one():
    ada = WebSocketClient("/token/", user=make_user("ada"))
    nobody = WebSocketClient("/token/")

    assert (ada.refused, ada.is_open) == ("", True)
    assert "Missing 1 headers: Cookie" in nobody.refused


def test_a_token_is_made_where_the_project_has_a_token_view_of_its_own(settings):
    settings.ROOT_URLCONF = ModuleType("urls")
    settings.ROOT_URLCONF.urlpatterns = [path("ws/<slug:route>", TokenView.as_view())]

    client = WebSocketClient("/ws/", user=make_user("ada"))

    assert client.is_open
    assert WebSocketToken.objects.get().used


def test_a_token_that_is_refused_says_so(settings):
    settings.WEBSOCKETS = {"token_rate_limit_per_minute": 1}
    client = WebSocketClient("/token/", user=make_user("ada"))

    assert not client.connect()
    assert client.refused == "no token from /api/ws-token/: Rate limit exceeded"


def test_a_used_token_is_refused():
    client = WebSocketClient("/token/?ws_token=" + "0" * 64, user=make_user("ada"))

    assert client.refused.startswith("Invalid or expired token")


def test_an_exception_of_a_handler_is_raised_unless_told_otherwise():
    client = WebSocketClient("/ws/")

    with pytest.raises(LookupError, match="the handler broke"):
        client.send({"action": "fail"})
    client.raise_request_exception = False
    response = client.send({"action": "fail"})

    assert response.status_code == 500
    assert client.received == []


def test_an_async_handler_is_called_as_a_plain_one():
    client = WebSocketClient("/async/")

    client.send({"action": "whisper", "text": "psst"})

    assert client.received == [{"whispered": "psst"}]


class AsyncTests(TestCase):
    """Django runs an async test so that its database stays that of the test."""

    async def test_an_async_test_awaits_what_talks_to_django(self):
        client = WebSocketClient("/async/", connect=False)

        await client.aconnect(channel="lobby")
        await client.asend({"action": "whisper", "text": "psst"})
        saved = await client.arequest("whisper", text="again")
        await client.asubscribe("hall-east")
        await client.aclose()

        assert client.received == [{"whispered": "psst"}, {"whispered": "again"}]
        assert saved == {"saved": "it"}
        assert client.presence("hall-east") == 1
        assert client.closed == 1005


def test_the_response_of_django_comes_back_to_the_test_and_not_to_the_client():
    client = WebSocketClient("/ws/", connect=False)
    client.address = "203.0.113.7"
    client.connect()

    response = client.send({"action": "tell"})

    assert response.json() == {"address": "203.0.113.7", "secure": True}
    assert client.received == []


def test_the_record_of_the_project_is_used_with_its_route_responses_and_additional_routes():
    record = ApiGateway.objects.create(
        api_name="Chat",
        api_id="a1b2c3d4e5",
        target_base_endpoint="https://www.example.com/ws/",
        has_route_responses=True,
        default_channel_name="lobby",
    )
    ApiGatewayAdditionalRoute.objects.create(
        api_gateway=record,
        name="Extra",
        route_key="tell",
        integration_url="https://x.example/extra/",
    )
    client = WebSocketClient("/ws/")

    response = client.send({"action": "tell"})
    reply = client.request("save", title="x")

    assert ApiGateway.objects.get() == client.session.api_gateway == record
    assert client.session.channel_name == "lobby"
    assert response.wsgi_request.path == "/extra/"
    assert client.received == [{"address": "127.0.0.1", "secure": True}]
    assert reply == {"saved": "x"}


def test_a_view_for_one_api_is_called_by_that_api():
    client = WebSocketClient("/pinned/")

    assert client.session.api_gateway.api_id == "pinned1234"


def test_the_secret_is_shown_and_headers_can_be_changed(settings):
    settings.WEBSOCKETS = {"gateway_secret": "s" * 32}
    foreign = WebSocketClient("/ws/", headers={"origin": "https://evil.example"})
    hidden = WebSocketClient("/ws/", headers={"Sec-WebSocket-Key": None})
    own = WebSocketClient("/ws/", headers={"User-Agent": "Probe/1"})

    assert foreign.refused.startswith("Host is not in Origin")
    assert hidden.refused == "Missing 1 headers: Sec-Websocket-Key"
    assert own.is_open
    assert own.response.wsgi_request.headers["User-Agent"] == "Probe/1"


def test_the_server_closes_a_socket_after_the_request_that_asked_for_it():
    client, other = WebSocketClient("/ws/"), WebSocketClient("/ws/")

    client.send({"action": "leave"})
    WebSocketSession.objects.filter(pk=other.session.pk).close()

    assert client.closed == other.closed == 1000
    assert not client.session.connected
    with pytest.raises(NotOpenError, match=r"closed with 1000> cannot send: call connect\(\)"):
        client.send({})


def test_a_client_closes_and_comes_back_as_another_connection():
    client = WebSocketClient("/ws/", channel="lobby")
    first = client.session

    client.close(1001, "going")
    came_back = client.connect(user=make_user("ada"), channel="cellar")

    first.refresh_from_db()
    assert (first.connected, came_back) == (False, True)
    assert client.session.channel_name == "cellar"
    assert client.session.user.get_username() == "ada"


def test_a_logout_in_the_same_browser_closes_the_socket():
    client = WebSocketClient("/token/", user=make_user("ada"))

    client.browser.logout()

    assert client.closed == 1000
    assert not client.connect()
    assert "Missing 1 headers: Cookie" in client.refused


@pytest.mark.parametrize(
    ("message", "code"), [("x" * (32 * 1024 + 1), 1009), (b"\x00", 1003)], ids=["long", "binary"]
)
def test_a_message_that_api_gateway_does_not_take_closes_the_socket(message, code):
    client = WebSocketClient("/ws/")

    assert client.send(message) is None
    assert client.closed == code


def test_a_text_travels_as_it_is():
    client = WebSocketClient("/ws/")

    response = client.send("no JSON")

    assert response.status_code == 400


def test_a_client_says_in_a_word_how_it_is():
    client = WebSocketClient("/ws/", connect=False)
    before = repr(client)
    client.connect(channel="lobby")

    assert before == "<WebSocketClient anonymous: never opened>"
    assert repr(client) == "<WebSocketClient anonymous in lobby: open>"
