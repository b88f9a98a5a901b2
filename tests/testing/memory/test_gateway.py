"""The gateway in memory does with posts, broadcasts and sick sockets what API Gateway does."""

from functools import partial

import pytest
from botocore.exceptions import ClientError

from django_aws_api_gateway_websockets import models
from django_aws_api_gateway_websockets.models import WebSocketSession
from django_aws_api_gateway_websockets.testing import WebSocketClient, clock, outbox
from tests.testing.site import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada():
    return WebSocketClient("/ws/", user=make_user("ada"), channel="lobby")


@pytest.fixture
def ben():
    return WebSocketClient("/ws/", user=make_user("ben"), channel="lobby")


def everybody():
    return WebSocketSession.objects.in_channel("lobby")


def test_each_way_of_sending_reaches_the_sockets(ada, ben):
    ada.session.send_message(1)
    everybody().send_message(2)
    report = everybody().broadcast(3)
    queued = everybody().enqueue_broadcast(4)

    assert ada.received == [1, 2, 3, 4]
    assert ben.received == [2, 3, 4]
    assert (report.sent, queued.report().sent) == (2, 2)
    assert [(one.data, len(one.to)) for one in outbox] == [(1, 1), (2, 2), (3, 2), (4, 2)]


def test_a_post_has_the_response_of_boto3(ada):
    response = ada.session.send_message({})

    assert response["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert response["ResponseMetadata"]["RetryAttempts"] == 0


def test_a_socket_that_is_gone_is_found_out_by_a_message(ada, ben):
    ada.socket.make_gone()

    assert len(everybody().send_message("x")) == 1
    assert ada.session.connected is False
    assert (ada.received, ben.received) == ([], ["x"])


def test_a_ghost_is_found_by_the_relay(ada):
    ada.socket.make_gone()

    clock.advance(minutes=3)

    assert ada.session.connected is False


def test_a_socket_that_is_throttled_for_a_while_gets_its_message_in_the_end(ada):
    ada.socket.make_throttled(2)

    response = ada.session.send_message("late")

    assert response["ResponseMetadata"]["RetryAttempts"] == 2
    assert ada.received == ["late"]


def test_a_socket_that_stays_throttled_misses_its_messages(ada, ben):
    ada.socket.make_throttled()

    with pytest.raises(ClientError, match="LimitExceededException"):
        ada.session.send_message("lost")
    report = everybody().broadcast("half")
    ada.socket.make_well()
    everybody().broadcast("whole")

    assert (report.sent, report.missed_count) == (1, 1)
    assert ada.received == ["whole"]


def test_a_slow_socket_gets_its_messages_later_and_keeps_nobody_waiting(ada, ben):
    ada.socket.make_slow(seconds=5)
    everybody().send_message("hello")
    ada.socket.make_well()
    everybody().send_message("overtakes")

    before = ada.received
    clock.advance(seconds=5)

    assert ben.received == ["hello", "overtakes"]
    assert (before, ada.received) == (["overtakes"], ["overtakes", "hello"])


def test_a_message_to_a_connection_that_is_not_open_yet_is_lost_as_on_aws(ben):
    client = WebSocketClient("/greeting/")

    assert (client.received, ben.received) == ([], ["welcome"])
    assert [one.to for one in outbox] == [[ben.connection_id], []]
    assert client.session.connected


def test_a_row_made_by_hand_stands_for_an_open_socket(ada):
    by_hand = WebSocketSession.objects.create(
        connection_id="abc=", api_gateway=ada.session.api_gateway
    )

    by_hand.send_message("hello")
    by_hand.close()

    assert outbox[-1].to == ["abc="]


def test_a_session_without_gateway_cannot_be_sent_to(ada):
    by_hand = WebSocketSession.objects.create(connection_id="abc=")

    with pytest.raises(ValueError, match="This session has no API Gateway"):
        by_hand.send_message("hello")


def test_a_double_of_the_project_goes_before_the_kit(ada, monkeypatch):
    posted = []

    class Double:
        def post_to_connection(self, **arguments):
            posted.append(arguments["Data"])
            return {}

    monkeypatch.setattr(models, "get_boto3_client", lambda *args, **kwargs: Double())
    ada.session.send_message("x")

    assert (posted, ada.received) == (['"x"'], [])


def test_a_client_of_boto3_that_a_project_makes_itself_reaches_no_network(ada, monkeypatch):
    own = partial(models.get_boto3_client)
    monkeypatch.setattr(models, "get_boto3_client", own)

    ada.session.send_message("x")

    assert ada.received == ["x"]
