import datetime as dt
import decimal
import json
import logging
import threading
import uuid

import pytest
from asgiref.sync import sync_to_async
from botocore.exceptions import ClientError
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db import connections
from django.utils.translation import gettext_lazy

from django_aws_api_gateway_websockets import models
from django_aws_api_gateway_websockets.aws import clients
from django_aws_api_gateway_websockets.core.errors import GatewayUnreachableError
from django_aws_api_gateway_websockets.models import WebSocketSession, serialise_message
from tests.models.audiences import make_sessions


class Double:
    """A project's double of boto3's client: it has the one method, and keeps count."""

    def __init__(self) -> None:
        self.posted: list[tuple[str, str]] = []
        self.refusals: dict[str, str] = {}
        self._lock = threading.Lock()

    def post_to_connection(self, *, Data, ConnectionId):  # noqa: N803 - the names of AWS.
        if code := self.refusals.get(ConnectionId):
            raise ClientError({"Error": {"Code": code}}, "PostToConnection")
        with self._lock:
            self.posted.append((ConnectionId, Data))
        return {"posted": ConnectionId}


@pytest.fixture
def double(monkeypatch):
    double, calls = Double(), []

    def get_boto3_client(service="apigatewayv2", **kwargs):
        calls.append((service, kwargs))
        return double

    double.calls = calls
    monkeypatch.setattr(models, "get_boto3_client", get_boto3_client)
    return double


@pytest.fixture
def sessions(api_gateway):
    return [
        WebSocketSession.objects.create(
            connection_id=f"c{number}=", api_gateway=api_gateway, channel_name=channel
        )
        for number, channel in enumerate(["general", "general", "support"])
    ]


@pytest.mark.django_db
def test_a_documented_double_gets_the_documented_call(double, sessions):
    answer = sessions[0].send_message({"type": "greeting"})

    assert answer == {"posted": "c0="}
    assert double.posted == [("c0=", '{"type": "greeting"}')]
    service, kwargs = double.calls[0]
    assert service == "apigatewaymanagementapi"
    assert "config" not in kwargs
    assert kwargs["endpoint_url"] == (
        "https://a1b2c3d4e5.execute-api.us-east-1.amazonaws.com/production"
    )


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("recipients", "max_workers", "pool"), [(1, None, 1), (3, None, 3), (3, 2, 2), (12, None, 10)]
)
def test_a_documented_double_is_told_how_a_queryset_is_sent(
    double, api_gateway, recipients, max_workers, pool
):
    make_sessions(api_gateway, recipients)

    WebSocketSession.objects.send_message({}, max_workers=max_workers)

    (_, kwargs), *others = double.calls
    config = kwargs["config"]
    assert others == []
    assert config.max_pool_connections == pool
    assert (config.connect_timeout, config.read_timeout) == (5, 10)
    assert config.retries == {"mode": "standard", "max_attempts": 3}


@pytest.mark.django_db
def test_a_channel_is_sent_to_and_nobody_else(double, sessions):
    answers = WebSocketSession.objects.filter(channel_name="general").send_message({"n": 1})

    assert sorted(answer["posted"] for answer in answers) == ["c0=", "c1="]


@pytest.mark.django_db
def test_one_worker_keeps_the_order_of_the_queryset(double, sessions):
    WebSocketSession.objects.order_by("-pk").send_message({}, max_workers=1)

    assert [connection_id for connection_id, _ in double.posted] == ["c2=", "c1=", "c0="]


@pytest.mark.django_db
def test_gone_sessions_are_closed_and_other_failures_logged_while_the_rest_receive(
    double, sessions, caplog
):
    double.refusals = {"c0=": "GoneException", "c1=": "ForbiddenException"}
    before = sessions[0].updated_on

    answers = WebSocketSession.objects.all().send_message({})

    sessions[0].refresh_from_db()
    sessions[1].refresh_from_db()
    assert [answer["posted"] for answer in answers] == ["c2="]
    assert (sessions[0].connected, sessions[1].connected) == (False, True)
    assert sessions[0].updated_on > before
    records = [record for record in caplog.records if record.levelno == logging.WARNING]
    assert [record.name for record in records] == ["django_aws_api_gateway_websockets.models"]
    assert "c1=: ForbiddenException" in caplog.text


@pytest.mark.django_db
def test_a_gone_session_is_closed_and_another_refusal_raised(double, sessions):
    double.refusals = {"c0=": "GoneException", "c1=": "ForbiddenException"}

    assert sessions[0].send_message({}) is None
    assert sessions[0].connected is False
    with pytest.raises(ClientError):
        sessions[1].send_message({})


@pytest.mark.django_db
def test_a_queryset_is_read_with_one_statement(double, sessions, django_assert_num_queries):
    with django_assert_num_queries(1):
        WebSocketSession.objects.all().send_message({})


@pytest.mark.django_db
def test_nobody_receives_twice_and_any_queryset_can_be_sent_to(double, sessions):
    user = get_user_model().objects.create_user("ada")
    user.groups.set([Group.objects.create(name=name) for name in ("a", "b")])
    WebSocketSession.objects.update(user=user)
    objects = WebSocketSession.objects

    counts = [
        len(objects.filter(user__groups__name__in=["a", "b"]).send_message({})),
        len(objects.order_by("pk")[:2].send_message({})),
        len(
            objects.filter(pk=sessions[0].pk)
            .union(objects.filter(channel_name="support"))
            .send_message({})
        ),
        len(user.websocket_sessions.send_message({})),
    ]

    assert counts == [3, 2, 2, 3]


@pytest.mark.django_db
def test_any_queryset_is_read_by_one_statement(double, sessions, django_assert_num_queries):
    WebSocketSession.objects.update(user=get_user_model().objects.create_user("ada"))
    every = WebSocketSession.objects
    first = every.filter(connection_id="c0=")

    with django_assert_num_queries(1):
        every.filter(user__username="ada").send_message({}, max_workers=1)
    with django_assert_num_queries(1):
        first.union(every.filter(connection_id="c2=")).send_message({}, max_workers=1)
    with django_assert_num_queries(1):
        every.order_by("-pk")[:2].send_message({}, max_workers=1)

    reached = [connection_id for connection_id, _ in double.posted]
    assert reached == ["c0=", "c1=", "c2=", *["c0=", "c2="], *["c2=", "c1="]]


@pytest.mark.django_db
def test_broadcasts_of_any_size_share_one_client(sessions, settings, unused_tcp_port):
    settings.WEBSOCKETS = {
        "local_gateway": True,
        "local_gateway_address": f"127.0.0.1:{unused_tcp_port}",
    }

    for size in (1, 2, 3):
        WebSocketSession.objects.order_by("pk")[:size].send_message({})

    assert len(clients._clients) == 1


@pytest.mark.django_db
def test_sessions_without_a_gateway_are_skipped_and_counted(double, sessions, caplog):
    WebSocketSession.objects.filter(connection_id="c0=").update(api_gateway=None)

    assert len(WebSocketSession.objects.all().send_message({})) == 2
    assert "1 sessions have no gateway" in caplog.text
    with pytest.raises(ValueError, match="has no gateway"):
        WebSocketSession(connection_id="x").send_message({})


@pytest.mark.django_db
def test_a_bad_message_or_worker_count_is_refused_before_any_post(double, sessions):
    for data in ({"n": float("nan")}, {"x": object()}, {"text": "é" * 65_536}):
        with pytest.raises(ValueError, match="The message"):
            WebSocketSession.objects.all().send_message(data)
    with pytest.raises(ValueError, match="max_workers"):
        WebSocketSession.objects.all().send_message({}, max_workers=0)
    assert double.posted == []


@pytest.mark.django_db(transaction=True)
async def test_async_code_sends_without_blocking_the_loop(double, api_gateway):
    session = await WebSocketSession.objects.acreate(connection_id="c=", api_gateway=api_gateway)

    assert await session.asend_message({}) == {"posted": "c="}
    assert await WebSocketSession.objects.all().asend_message({}) == [{"posted": "c="}]
    # The thread in which async code reaches the database has a connection of its own.
    await sync_to_async(connections.close_all)()


def test_a_message_is_json_as_django_writes_it():
    data = {
        "when": dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.UTC),
        "id": uuid.UUID(int=7),
        "price": decimal.Decimal("1.20"),
        "label": gettext_lazy("Yes"),
        "name": "Zoë 東京",
    }

    text = serialise_message(data)

    assert json.loads(text) == {
        "when": "2026-01-02T03:04:05Z",
        "id": str(uuid.UUID(int=7)),
        "price": "1.20",
        "label": "Yes",
        "name": "Zoë 東京",
    }
    assert "Zoë 東京" in text


def test_the_limit_counts_bytes_as_they_travel():
    assert serialise_message("x" * 131_070)
    assert serialise_message("東" * 43_690)
    with pytest.raises(ValueError, match="131073 bytes once encoded"):
        serialise_message("x" * 131_071)


@pytest.mark.django_db
def test_a_gateway_that_is_not_there_is_named_with_what_to_do(sessions, settings, unused_tcp_port):
    settings.WEBSOCKETS = {
        "local_gateway": True,
        "local_gateway_address": f"127.0.0.1:{unused_tcp_port}",
    }

    with pytest.raises(GatewayUnreachableError, match=r"manage\.py runwebsocketgateway"):
        sessions[0].send_message({})
    assert WebSocketSession.objects.all().send_message({}) == []


@pytest.mark.django_db
def test_a_gateway_that_does_not_exist_yet_is_no_address(sessions, api_gateway):
    api_gateway.api_id = ""
    api_gateway.save(update_fields=["api_id"])

    with pytest.raises(ValueError, match="without an API id"):
        WebSocketSession.objects.first().send_message({})
