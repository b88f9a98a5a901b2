"""Sessions that are found by their user, closed and sent to."""

import pytest
from django.test import Client
from websockets.exceptions import ConnectionClosed

from django_aws_api_gateway_websockets.models import WebSocketSession
from tests.admin.pages import list_of, messages_of
from tests.stack import Stack, answer, make_stack
from tests.waiting import SECONDS

pytestmark = pytest.mark.django_db(transaction=True)

LIST = list_of("websocketsession")


@pytest.fixture
def stack(live_server, local_gateway) -> Stack:
    return make_stack(live_server, "/live-ws/")


def act(client: Client, action: str, *sessions: WebSocketSession, **typed: str):
    chosen = {"action": action, "_selected_action": [row.pk for row in sessions]}
    return client.post(LIST, {**chosen, **typed}, follow=True)


def close_code(socket) -> int:
    with pytest.raises(ConnectionClosed) as closed:
        socket.recv(timeout=SECONDS)
    return closed.value.rcvd.code


def test_sessions_are_found_by_their_user(viewer, rows):
    for text, number in {"ada": 1, "ada@example.com": 1, "bob": 0}.items():
        assert viewer.get(LIST, {"q": text}).context["cl"].result_count == number


def test_selected_sockets_are_closed_and_no_others(root, stack):
    with stack.connect() as closing, stack.connect() as other:
        first = WebSocketSession.objects.earliest("pk")

        response = act(root, "close_sessions", first)

        assert messages_of(response) == ["Closed 1 connection."]
        assert close_code(closing) == 1000
        WebSocketSession.objects.send_message({"still": "here"})
        assert answer(other) == {"still": "here"}


def test_a_session_closed_already_is_said_to_be_closed(root, session):
    WebSocketSession.objects.update(connected=False)

    assert messages_of(act(root, "close_sessions", session)) == [
        "Nothing to close. 1 selected connection was closed already."
    ]


@pytest.mark.parametrize("delete", ["selected", "alone"])
def test_a_session_that_is_deleted_loses_its_socket(root, stack, delete):
    with stack.connect() as socket:
        [session] = WebSocketSession.objects.all()

        if delete == "selected":
            act(root, "delete_selected", session, post="yes")
        else:
            root.post(f"{LIST}{session.pk}/delete/", {"post": "yes"})

        assert close_code(socket) == 1000
    assert not WebSocketSession.objects.exists()


def test_a_message_is_asked_for_and_sent_to_the_selected(root, stack):
    with stack.connect() as chosen, stack.connect() as other:
        first = WebSocketSession.objects.earliest("pk")

        page = act(root, "send_message", first)
        assert "1 selected, 1 of them open." in page.content.decode()
        response = act(root, "send_message", first, message='{"notice": "Tea"}')
        WebSocketSession.objects.send_message({"last": True})

        assert messages_of(response) == ["Sent to 1 connection."]
        assert answer(chosen) == {"notice": "Tea"}
        assert answer(other) == {"last": True}


def test_a_text_is_sent_as_a_text_and_broken_json_is_not_sent(root, stack):
    with stack.connect() as socket:
        [session] = WebSocketSession.objects.all()

        refused = act(root, "send_message", session, message="{broken")
        act(root, "send_message", session, message="{broken", is_text="on")

        assert "This is not JSON" in refused.context["form"].errors["message"][0]
        assert "{broken" in refused.content.decode()
        assert answer(socket) == "{broken"


def test_sessions_that_a_message_does_not_reach_are_named(root, session, local_gateway):
    homeless = WebSocketSession.objects.create(connection_id="homeless=")
    closed = WebSocketSession.objects.create(connection_id="closed=", connected=False)

    # The gateway does not have the API of this session.
    [text] = messages_of(act(root, "send_message", session, homeless, closed, message="1"))

    assert text.startswith("Sent to nobody. Not reached: ")
    assert "closed already" in text


def test_without_a_region_nothing_is_sent_and_the_reason_is_told(root, session, settings):
    settings.AWS_GATEWAY_REGION_NAME = settings.AWS_REGION_NAME = ""

    [text] = messages_of(act(root, "send_message", session, message="1"))

    assert text.startswith(("Nothing was sent: No AWS region", "Sent to nobody."))


ACTIONS = {"close_sessions", "send_message"}


@pytest.mark.parametrize(
    ("codenames", "offered"),
    [
        (["change_websocketsession"], ACTIONS),
        (["delete_websocketsession"], {"close_sessions"}),
        ([], set()),
    ],
)
def test_actions_are_for_those_who_may_change_or_delete(client_of, session, codenames, offered):
    client = client_of("view_websocketsession", *codenames)

    page = client.get(LIST).content.decode()

    assert {action for action in ACTIONS if f'value="{action}"' in page} == offered
    for action in ACTIONS - offered:
        act(client, action, session, message="1")
    session.refresh_from_db()
    assert session.connected
