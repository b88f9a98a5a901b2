"""Queries whose SQL is kept find what the querysets they were made from find."""

import gc
import weakref
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import IntegrityError, connection, connections, transaction
from django.db.models import F
from django.test.utils import CaptureQueriesContext

from django_aws_api_gateway_websockets.models import ApiGateway, WebSocketSession
from django_aws_api_gateway_websockets.models.prepared import PreparedQuery, PreparedUpdate
from tests.models.audiences import make_sessions

pytestmark = [pytest.mark.django_db(transaction=True)]


class Sessions:
    """Looks for a session by two texts, and counts how often its queryset is built."""

    def __init__(self):
        self.built = 0
        self.query = PreparedQuery(WebSocketSession, self.build)

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

    query = PreparedQuery(ApiGateway, build)
    first, second = (
        ApiGateway.objects.create(
            api_name=name, api_id=name, target_base_endpoint="https://example.com/ws/"
        )
        for name in ("first", "second")
    )

    assert query.first() == first
    assert query.first(api_id="second") == second


def test_a_query_that_changes_a_text_is_refused():
    query = PreparedQuery(
        ApiGateway, lambda api_id: ApiGateway.objects.filter(api_id=api_id.upper())
    )

    with pytest.raises(TypeError, match="does not look for api_id as it is"):
        query.first(api_id="a")


def test_a_query_gives_what_its_queryset_gives(api_gateway):
    query = PreparedQuery(
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


def count():
    return {"request_count": F("request_count") + 1}


def test_an_update_changes_its_row_alone_with_the_statement_of_a_queryset(api_gateway):
    update = PreparedUpdate(WebSocketSession, count)
    first, second = make_sessions(api_gateway, 2)

    with CaptureQueriesContext(connection) as statements:
        update.of(second.pk)
        update.of(second.pk)
        WebSocketSession.objects.filter(pk=second.pk).update(**count())

    kept, again, made = [one["sql"] for one in statements]
    assert kept == again == made
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.request_count, second.request_count) == (1, 4)


def test_an_update_of_a_row_that_is_gone_changes_nothing(api_gateway):
    [one] = make_sessions(api_gateway, 1)
    WebSocketSession.objects.all().delete()

    PreparedUpdate(WebSocketSession, count).of(one.pk)

    assert not WebSocketSession.objects.exists()


def test_an_update_that_fails_ends_the_transaction_as_one_of_a_queryset_does(api_gateway):
    update = PreparedUpdate(WebSocketSession, lambda: {"connection_id": None})
    [one] = make_sessions(api_gateway, 1)

    with transaction.atomic():
        with pytest.raises(IntegrityError):
            update.of(one.pk)
        assert connection.needs_rollback
        connection.set_rollback(True)
