"""Statements whose SQL is kept do what the querysets they were made from do."""

import gc
import weakref
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import IntegrityError, connection, connections, transaction
from django.db.models import F
from django.test.utils import CaptureQueriesContext

from django_aws_api_gateway_websockets.models import ApiGateway, WebSocketSession
from django_aws_api_gateway_websockets.models.channel_audience import ChannelAudience
from django_aws_api_gateway_websockets.models.kept_sql import IS_SWITCHED_OFF, KeptCount, KeptQuery
from tests.models.audiences import make_sessions
from tests.waiting import eventually

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(IS_SWITCHED_OFF, reason="the SQL of no statement is kept"),
]

SECONDS = 60.0
on_postgresql = pytest.mark.skipif(
    connection.vendor != "postgresql", reason="other databases take two statements"
)


class Sessions:
    """Looks for a session by two texts, and counts how often its queryset is built."""

    def __init__(self):
        self.built = 0
        self.query = KeptQuery(WebSocketSession, self.build)

    def build(self, connection_id, api_id):
        self.built += 1
        sessions = WebSocketSession.objects.select_related("user", "api_gateway")
        return sessions.filter(
            connection_id=connection_id, api_gateway__api_id=api_id, connected=True
        ).order_by("pk")[:1]


@pytest.fixture
def sessions():
    return Sessions()


def test_each_text_finds_its_own_row_with_what_belongs_to_it(sessions, api_gateway):
    make_sessions(api_gateway, 3)
    api_id = api_gateway.api_id
    expected = list(WebSocketSession.objects.order_by("pk"))

    with CaptureQueriesContext(connection) as statements:
        found = [
            sessions.query.first(connection_id=one.connection_id, api_id=api_id) for one in expected
        ]
        gateways = [one.api_gateway for one in found]

    assert found == expected
    assert gateways == [api_gateway] * 3
    assert [one.connected for one in found] == [True] * 3
    assert [one.created_on for one in found] == [one.created_on for one in expected]
    assert len(statements) == 3
    assert sessions.built == 1


def test_texts_nobody_has_find_nothing(sessions, api_gateway):
    [one] = make_sessions(api_gateway, 1)
    for connection_id, api_id in [
        (one.connection_id, "another"),
        ("another", api_gateway.api_id),
        ("' OR 1=1 --", api_gateway.api_id),
        ("websockets-text:connection_id", "websockets-text:api_id"),
    ]:
        assert sessions.query.first(connection_id=connection_id, api_id=api_id) is None


def test_the_statement_is_that_of_the_queryset(sessions, api_gateway):
    texts = {"connection_id": "L0SM9cOFvHcCIhw=", "api_id": api_gateway.api_id}

    with CaptureQueriesContext(connection) as statements:
        sessions.query.first(**texts)
        sessions.query.first(**texts)
        list(sessions.build(**texts))

    prepared, again, built = [one["sql"] for one in statements]
    assert prepared == again == built


def test_a_row_can_be_changed_and_saved(sessions, api_gateway):
    [one] = make_sessions(api_gateway, 1)
    found = sessions.query.first(connection_id=one.connection_id, api_id=api_gateway.api_id)

    found.channel_name = "another"
    found.save()

    one.refresh_from_db()
    assert one.channel_name == "another"


def test_threads_use_it_at_the_same_time(sessions, api_gateway):
    names = [one.connection_id for one in make_sessions(api_gateway, 40)]

    def look(name):
        try:
            found = sessions.query.first(connection_id=name, api_id=api_gateway.api_id)
            return found and found.connection_id
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(look, names)) == names


def test_the_connection_of_a_thread_that_has_ended_is_not_kept(sessions):
    def look():
        sessions.query.first(connection_id="nobody", api_id="nowhere")
        connection.close()
        return weakref.ref(connections["default"])

    with ThreadPoolExecutor(1) as threads:
        kept = threads.submit(look).result()
    gc.collect()

    assert kept() is None


def test_a_text_may_be_left_out_where_the_query_does_without():
    def build(api_id=None):
        gateways = ApiGateway.objects.order_by("pk")
        return (gateways if api_id is None else gateways.filter(api_id=api_id))[:1]

    query = KeptQuery(ApiGateway, build)
    first, second = (
        ApiGateway.objects.create(
            api_name=name, api_id=name, target_base_endpoint="https://example.com/ws/"
        )
        for name in ("first", "second")
    )

    assert query.first() == first
    assert query.first(api_id="second") == second


def test_a_query_that_changes_a_text_is_refused():
    query = KeptQuery(ApiGateway, lambda api_id: ApiGateway.objects.filter(api_id=api_id.upper()))

    with pytest.raises(TypeError, match="does not look for api_id as it is"):
        query.first(api_id="a")


def test_a_query_gives_what_its_queryset_gives(api_gateway):
    query = KeptQuery(
        WebSocketSession,
        lambda channel: (
            WebSocketSession.objects.filter(channel_name=channel)
            .order_by("-pk")
            .values_list("connection_id", "api_gateway__api_id")
        ),
    )
    made = make_sessions(api_gateway, 3, channel_name="general")
    make_sessions(api_gateway, 1, start=3, channel_name="support")

    expected = [(one.connection_id, api_gateway.api_id) for one in reversed(made)]
    assert list(query.rows(channel="general")) == expected
    assert list(query.rows(using="default", channel="general")) == expected
    assert list(query.rows(channel="nobody's")) == []


def build_by_id(connection_id):
    return WebSocketSession.objects.filter(connection_id=connection_id)


@pytest.fixture
def counted():
    return KeptCount(WebSocketSession, build_by_id, column="request_count")


def test_a_count_changes_its_row_alone_with_the_statement_of_a_queryset(api_gateway, counted):
    first, second = make_sessions(api_gateway, 2)

    with CaptureQueriesContext(connection) as statements:
        counted.count(second.pk)
        counted.count(second.pk)
        WebSocketSession.objects.filter(pk=second.pk).update(request_count=F("request_count") + 1)

    kept, again, made = [one["sql"] for one in statements]
    assert kept == again == made
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.request_count, second.request_count) == (1, 4)


def test_a_count_of_a_row_that_is_gone_changes_nothing(api_gateway, counted):
    [one] = make_sessions(api_gateway, 1)
    WebSocketSession.objects.all().delete()

    counted.count(one.pk)

    assert not WebSocketSession.objects.exists()


def test_a_count_that_fails_ends_the_transaction_as_one_of_a_queryset_does(api_gateway):
    # No column can be counted so that it fails on every database, so this one is set to nothing.
    failing = KeptCount(WebSocketSession, build_by_id, column="request_count")
    failing._changes = {"connection_id": None}
    [one] = make_sessions(api_gateway, 1)

    with transaction.atomic():
        with pytest.raises(IntegrityError):
            failing.count(one.pk)
        assert connection.needs_rollback
        connection.set_rollback(True)


@on_postgresql
def test_one_statement_finds_and_counts_on_postgresql(api_gateway, counted):
    first, second = make_sessions(api_gateway, 2)

    with CaptureQueriesContext(connection) as statements:
        found = counted.find_and_count(connection_id=second.connection_id)
        again = counted.find_and_count(connection_id=second.connection_id)
        nobody = counted.find_and_count(connection_id="nobody")

    assert counted.is_one_statement
    assert len(statements) == 3
    assert (found, found.request_count, again.request_count) == (second, 2, 3)
    assert nobody is None
    first.refresh_from_db()
    assert first.request_count == 1


def count(session):
    return WebSocketSession.find_connected(
        session.connection_id, session.api_gateway.api_id, counts_message=True
    )


def counts():
    return list(WebSocketSession.objects.order_by("pk").values_list("request_count", flat=True))


@on_postgresql
def test_only_the_count_itself_is_committed_without_waiting(api_gateway):
    [one] = make_sessions(api_gateway, 1)

    def setting():
        with connection.cursor() as cursor:
            cursor.execute("SHOW synchronous_commit")
            return cursor.fetchone()[0]

    with CaptureQueriesContext(connection) as alone:
        count(one)
    after = setting()
    with transaction.atomic(), CaptureQueriesContext(connection) as within:
        count(one)
        inside = setting()

    assert "synchronous_commit" in alone[0]["sql"]
    assert "synchronous_commit" not in within[0]["sql"]
    assert (after, inside) == ("on", "on")


@on_postgresql
def test_without_autocommit_the_transaction_is_waited_for(api_gateway):
    [one] = make_sessions(api_gateway, 1)

    transaction.set_autocommit(False)
    try:
        with CaptureQueriesContext(connection) as statements:
            count(one)
        transaction.commit()
    finally:
        transaction.rollback()
        transaction.set_autocommit(True)

    assert "synchronous_commit" not in statements[0]["sql"]
    assert counts() == [2]


@on_postgresql
def test_a_connection_that_is_being_closed_is_waited_for_and_not_found(api_gateway):
    [one] = make_sessions(api_gateway, 1)

    def look():
        try:
            return count(one)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as threads:
        with transaction.atomic():
            WebSocketSession.objects.filter(pk=one.pk).update(connected=False)
            found = threads.submit(look)
            assert eventually(somebody_waits_for_a_lock)
        assert found.result(SECONDS) is None

    assert counts() == [1]


def somebody_waits_for_a_lock():
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return cursor.fetchone()[0]


def statements_of(read):
    """The statements of what reads an audience."""
    with CaptureQueriesContext(connection) as statements:
        list(read())
    return [one["sql"] for one in statements]


def test_the_statement_of_a_channel_is_always_the_same(api_gateway):
    first = statements_of(ChannelAudience("general").recipients)
    again = statements_of(ChannelAudience("general").recipients)

    assert len(first) == 1
    assert first == again


def test_a_whole_channel_is_the_one_audience_whose_statement_is_kept(api_gateway):
    make_sessions(api_gateway, 3, channel_name="general")

    reached = {one.connection_id for one in ChannelAudience("general").recipients()}

    plain = WebSocketSession.objects.in_channel("general").recipients()
    assert len(reached) == 3
    assert reached == {one.connection_id for one in plain}
