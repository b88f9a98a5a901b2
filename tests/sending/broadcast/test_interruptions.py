"""A broadcast survives locked rows, a database that is cut and a stage without way."""

import threading

import pytest
from django.db import Error, connection, connections, transaction

from django_aws_api_gateway_websockets import models
from django_aws_api_gateway_websockets.models import ApiGateway, WebSocketSession
from django_aws_api_gateway_websockets.sending.broadcast import run
from tests.models.audiences import make_sessions
from tests.sending.broadcast.interruptions import Client, cut_connection, on_a_server

pytestmark = pytest.mark.django_db(transaction=True)

NUMBER = 2500
"""Sessions; more than two pages of an audience."""


@pytest.fixture(autouse=True)
def _connection_ends_with_the_test(db):
    yield
    connection.close()


@pytest.fixture
def client(monkeypatch):
    client = Client()
    monkeypatch.setattr(models, "get_boto3_client", lambda *args, **kwargs: client)
    return client


@pytest.fixture
def sessions(api_gateway):
    return make_sessions(api_gateway, NUMBER)


@pytest.fixture
def locked_row(sessions):
    """Another transaction holds the row of a session that is gone, until the test ends."""
    held, done = threading.Event(), threading.Event()

    def hold():
        with transaction.atomic():
            WebSocketSession.objects.select_for_update().get(pk=sessions[2].pk)
            held.set()
            done.wait(60)
        connections.close_all()

    holder = threading.Thread(target=hold)
    holder.start()
    held.wait(60)
    wait = {
        "postgresql": "SET lock_timeout = 100",
        "mysql": "SET SESSION innodb_lock_wait_timeout = 1",
    }
    with connection.cursor() as cursor:
        cursor.execute(wait[connection.vendor])
    yield
    done.set()
    holder.join()


@on_a_server
def test_everybody_is_posted_to_while_a_gone_row_is_locked(client, locked_row, caplog):
    report = WebSocketSession.objects.order_by("pk").broadcast({"n": 1})

    assert (len(client.posted), report.is_finished) == (NUMBER, True)
    assert (report.sent, report.gone) == (1667, 833)
    assert "833 gone sessions could not be marked disconnected" in caplog.text


@on_a_server
def test_a_message_to_many_returns_its_responses_while_a_gone_row_is_locked(client, locked_row):
    everybody = WebSocketSession.objects.order_by("pk")

    assert len(everybody.send_message({"n": 1}, max_workers=1)) == 1667


@on_a_server
def test_a_message_to_one_returns_while_its_row_is_locked(client, locked_row, sessions):
    client.posted = [1, 2]

    assert sessions[2].send_message({"n": 1}) is None


@on_a_server
def test_a_transaction_goes_on_where_gone_rows_are_locked(client, locked_row, api_gateway):
    with transaction.atomic():
        ApiGateway.objects.update(api_description="changed")
        report = WebSocketSession.objects.order_by("pk").broadcast({"n": 1}, now=True)
        assert ApiGateway.objects.get().api_description == "changed"

    assert report.is_finished
    assert ApiGateway.objects.get().api_description == "changed"


@on_a_server
def test_a_queued_broadcast_is_delivered_while_a_gone_row_is_locked(client, locked_row):
    queued = WebSocketSession.objects.order_by("pk").enqueue_broadcast({"n": 1})

    queued.deliver()

    assert (len(client.posted), queued.report().is_finished) == (NUMBER, True)


class CuttingClient(Client):
    """Cuts the database when it is about to post to this many."""

    def __init__(self, after):
        super().__init__()
        self.after = after

    def post_to_connection(self, Data, ConnectionId):  # noqa: N803 - boto3's names.
        if len(self.posted) == self.after:
            cut_connection()
        return super().post_to_connection(Data, ConnectionId)


@on_a_server
@pytest.mark.parametrize("after", [50, 1999])
def test_a_report_says_what_happened_until_the_database_was_cut(
    sessions, monkeypatch, caplog, after
):
    client = CuttingClient(after)
    monkeypatch.setattr(models, "get_boto3_client", lambda *args, **kwargs: client)

    report = WebSocketSession.objects.all().broadcast({"n": 1})

    assert 0 < report.total == len(client.posted) < NUMBER
    assert not report.is_finished
    assert "Error: " in report.error
    assert report.error in str(report)
    assert "ended early" in caplog.text
    marked = WebSocketSession.objects.filter(connected=False).count()
    assert marked == report.gone == len(client.posted) // 3


@on_a_server
def test_a_database_that_is_cut_in_the_end_costs_only_a_count(sessions, monkeypatch):
    client = CuttingClient(NUMBER - 1)
    monkeypatch.setattr(models, "get_boto3_client", lambda *args, **kwargs: client)

    report = WebSocketSession.objects.all().broadcast({"n": 1})

    assert report.total == NUMBER
    assert report.error


@on_a_server
def test_a_broadcast_that_cannot_begin_raises(sessions, client):
    cut_connection()

    with pytest.raises(Error):
        WebSocketSession.objects.all().broadcast({"n": 1})
    assert client.posted == []


def test_a_stage_without_a_way_does_not_end_the_message_of_another(
    sessions, api_gateway, client, monkeypatch, caplog
):
    """The first stage has its message; an error would make the sender repeat it."""
    other = ApiGateway.objects.create(
        api_name="b", api_id="another", target_base_endpoint="https://www.example.com/ws/"
    )
    WebSocketSession.objects.filter(pk=sessions[-1].pk).update(api_gateway=other)

    def find_client(service, endpoint_url, **options):
        if "another" in endpoint_url:
            raise RuntimeError("No region is set.")
        return client

    monkeypatch.setattr(models, "get_boto3_client", find_client)
    report = WebSocketSession.objects.all().broadcast({"n": 1})

    assert (report.is_finished, report.total, report.missed_count) == (True, NUMBER, 1)
    assert report.missed[0].reason == "RuntimeError"
    some = WebSocketSession.objects.filter(pk__gt=sessions[-4].pk).order_by("pk")
    assert len(some.send_message({"n": 1})) == 1
    assert some.close() == 2
    assert len(client.closed) == 1
    assert "Nothing can be sent to stage production: No region is set." in caplog.text


def test_a_progress_that_fails_stops_nobody_from_receiving(sessions, client, monkeypatch, caplog):
    monkeypatch.setattr(run, "PROGRESS_SECONDS", 0.0)

    def fail(report):
        raise BrokenPipeError

    report = WebSocketSession.objects.all().broadcast({"n": 1}, progress=fail)

    assert (report.is_finished, report.total) == (True, NUMBER)
    assert caplog.text.count("goes on without progress") == 1
