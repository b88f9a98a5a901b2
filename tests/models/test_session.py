"""Closing connections, one and many."""

from contextlib import ExitStack

import pytest
from asgiref.sync import sync_to_async
from django.db import connections, transaction
from websockets.exceptions import ConnectionClosed

from django_aws_api_gateway_websockets import models
from django_aws_api_gateway_websockets.models import WebSocketSession
from tests.stack import Stack, answer, make_stack
from tests.waiting import SECONDS

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def stack(live_server, local_gateway) -> Stack:
    return make_stack(live_server, "/live-ws/")


def close_code(socket) -> int:
    with pytest.raises(ConnectionClosed) as closed:
        socket.recv(timeout=SECONDS)
    return closed.value.rcvd.code


def test_closing_a_session_closes_its_socket_and_no_other(stack):
    with stack.connect() as closing, stack.connect() as other:
        session = WebSocketSession.objects.earliest("pk")

        session.close()
        WebSocketSession.objects.send_message({"to": "who is left"})

        assert close_code(closing) == 1000
        assert answer(other) == {"to": "who is left"}
        assert session.connected is False


async def test_async_code_closes_and_sends_too(stack):
    with await sync_to_async(stack.connect)() as one:
        session = await WebSocketSession.objects.aget()

        await session.asend_message({"n": 1})
        await WebSocketSession.objects.asend_message({"n": 2})
        await session.aclose()
        again = await WebSocketSession.objects.aclose()

        assert [answer(one), answer(one)] == [{"n": 1}, {"n": 2}]
        assert close_code(one) == 1000
        assert again == 0
    # The thread in which async code reaches the database has a connection of its own.
    await sync_to_async(connections.close_all)()


def test_closing_a_channel_closes_every_socket_in_it(stack):
    with ExitStack() as opened:
        sockets = [opened.enter_context(stack.connect(channel="general")) for _ in range(3)]
        other = opened.enter_context(stack.connect(channel="support"))

        closed = WebSocketSession.objects.filter(channel_name="general").close()

        assert closed == 3
        assert [close_code(socket) for socket in sockets] == [1000] * 3
        assert WebSocketSession.objects.send_message({"n": 1}) != []
        assert answer(other) == {"n": 1}


@pytest.mark.parametrize("is_committed", [True, False])
def test_sockets_are_closed_with_the_commit_and_only_then(stack, is_committed):
    with stack.connect(channel="general") as socket:
        with transaction.atomic():
            stack.gateway.sessions.close()
            stack.management.post_to_connection(
                ConnectionId=WebSocketSession.objects.get().connection_id, Data=b'"still open"'
            )
            transaction.set_rollback(not is_committed)
        WebSocketSession.objects.send_message({"n": 1})

        assert answer(socket) == "still open"
        if is_committed:
            assert close_code(socket) == 1000
        else:
            assert answer(socket) == {"n": 1}
        assert WebSocketSession.objects.get().connected is not is_committed


def test_a_session_that_is_gone_or_has_no_address_is_closed_for_us(stack, caplog):
    with stack.connect():
        gone = WebSocketSession.objects.get()
    homeless = WebSocketSession.objects.create(connection_id="homeless=")

    gone.close()
    homeless.close()

    assert not WebSocketSession.objects.filter(connected=True).exists()
    assert caplog.text == ""


class Closer:
    """A project's double of boto3's client."""

    def __init__(self) -> None:
        self.closed: list[str] = []

    def delete_connection(self, *, ConnectionId):  # noqa: N803 - the name of AWS.
        self.closed.append(ConnectionId)


@pytest.fixture
def sessions(api_gateway) -> list[WebSocketSession]:
    return [
        WebSocketSession.objects.create(connection_id=f"c{number}=", api_gateway=api_gateway)
        for number in range(3)
    ]


def test_a_double_of_the_client_is_asked_to_close(sessions, monkeypatch):
    closer = Closer()
    monkeypatch.setattr(models, "get_boto3_client", lambda service, **kwargs: closer)

    WebSocketSession.objects.order_by("pk").close()

    assert closer.closed == ["c0=", "c1=", "c2="]


@pytest.mark.parametrize(
    "delete",
    [
        lambda api: api.sessions.earliest("pk").delete(),
        lambda api: WebSocketSession.objects.filter(pk=api.sessions.earliest("pk").pk).delete(),
        lambda api: api.sessions.filter(connection_id=api.sessions.earliest("pk")).delete(),
    ],
    ids=["instance", "queryset", "related queryset"],
)
def test_a_session_that_is_deleted_loses_its_socket_and_no_other_does(stack, delete):
    with stack.connect() as deleted, stack.connect() as other:
        delete(stack.gateway)

        WebSocketSession.objects.send_message({"to": "who is left"})
        assert close_code(deleted) == 1000
        assert answer(other) == {"to": "who is left"}
    assert WebSocketSession.objects.count() == 1


@pytest.mark.parametrize("is_committed", [True, False])
def test_a_deletion_closes_sockets_with_its_commit_and_only_then(stack, is_committed):
    with stack.connect() as socket:
        with transaction.atomic():
            WebSocketSession.objects.all().delete()
            transaction.set_rollback(not is_committed)

        if is_committed:
            assert close_code(socket) == 1000
        else:
            WebSocketSession.objects.send_message({"still": "here"})
            assert answer(socket) == {"still": "here"}


def test_rows_of_closed_connections_are_deleted_without_a_word_to_the_gateway(
    sessions, monkeypatch
):
    closer = Closer()
    monkeypatch.setattr(models, "get_boto3_client", lambda service, **kwargs: closer)
    WebSocketSession.objects.filter(connection_id="c0=").update(connected=False)

    WebSocketSession.objects.all().delete()

    assert sorted(closer.closed) == ["c1=", "c2="]
