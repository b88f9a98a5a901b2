"""Connections in several channels: the rows, and who is reached by what."""

import pytest
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test.utils import CaptureQueriesContext

from django_aws_api_gateway_websockets import channels
from django_aws_api_gateway_websockets.models import (
    ChannelPermission,
    Subscription,
    WebSocketSession,
)

pytestmark = pytest.mark.django_db


def ids_in(*names):
    found = WebSocketSession.objects.in_channel(*names)
    return sorted(found.values_list("connection_id", flat=True))


def test_a_connection_is_in_its_default_channel_and_in_those_it_has_subscribed_to(open_socket):
    ada, bob = open_socket("a=", channel_name="news"), open_socket("b=")
    ada.subscribe("sport")
    bob.subscribe("news")

    assert ids_in("news") == ["a=", "b="]
    assert ids_in("sport") == ["a="]
    assert ids_in("news", "sport") == ["a=", "b="]
    assert ids_in("weather") == []


def test_a_connection_that_subscribes_to_its_default_channel_is_there_once(open_socket, server):
    session = open_socket("a=", channel_name="news")
    session.subscribe("news")

    assert ids_in("news") == ["a="]
    assert channels.publish("news", 1, now=True).report.sent == 1


def test_to_subscribe_again_changes_nothing(open_socket):
    session = open_socket()

    assert session.subscribe("news") is True
    assert session.subscribe("news") is False
    assert Subscription.objects.count() == 1


def test_unsubscribing_names_how_many_it_was_in(open_socket):
    session = open_socket()
    session.subscribe("news")
    session.subscribe("sport")

    assert session.unsubscribe("news", "weather") == 1
    assert ids_in("news") == []
    assert ids_in("sport") == [session.connection_id]


def test_names_that_differ_by_case_accent_or_width_are_different_channels(open_socket):
    session = open_socket()
    names = ["board", "BOARD", "bóard", "\uff42oard"]

    for name in names[1:]:
        session.subscribe(name)

    assert ids_in("board") == []
    assert [len(ids_in(name)) for name in names[1:]] == [1, 1, 1]


@pytest.mark.parametrize("name", ["", " a", "a\n", "x" * 129])
def test_an_invalid_name_cannot_be_subscribed_to(open_socket, name):
    with pytest.raises(ValueError, match="name"):
        open_socket().subscribe(name)


def test_the_declared_rules_are_asked_and_may_be_passed_by(open_socket, kinds):
    session = open_socket(user="ada")

    with pytest.raises(PermissionDenied, match="room-7"):
        session.subscribe("room-7")
    session.user.groups.add(Group.objects.create(name="room-7"))
    assert session.subscribe("room-7")
    assert session.subscribe("room-8", check=False)


def test_a_channel_without_declaration_is_ruled_by_its_row(open_socket):
    ChannelPermission.objects.create(channel_name="office", access="staff_only")
    session = open_socket(user="ada")

    with pytest.raises(PermissionDenied):
        session.subscribe("office")
    session.subscribe("open-to-all")


def test_a_declaration_stands_above_the_row(open_socket, kinds):
    ChannelPermission.objects.create(channel_name="board-a", access="superuser_only")

    assert open_socket(user="ada").subscribe("board-a")


def test_a_connection_may_be_in_as_many_channels_as_the_setting_says(open_socket, settings):
    settings.WEBSOCKETS = {"max_channels_per_connection": 2}
    session = open_socket()
    session.subscribe("a")
    session.subscribe("b")

    with pytest.raises(ValueError, match="one too many"):
        session.subscribe("c")
    assert session.subscribe("b") is False


def test_a_channel_is_a_queryset_that_composes(open_socket, kinds):
    for index, name in enumerate(["ada", "bob", "ada"]):
        open_socket(f"{index}=", user=name).subscribe("board-a")
    open_socket("3=", user="ada", channel_name="board-a", connected=False)
    board = channels.channel("board-a")

    assert board.sessions().count() == 3
    assert board.sessions().filter(user__username="ada").count() == 2
    assert (board.sessions() | WebSocketSession.objects.filter(connected=False)).count() == 4
    assert board.sessions().order_by("-pk")[:1].get().connection_id == "2="
    assert [one.username for one in sorted_users(board.members())] == ["ada", "bob"]
    assert board.count() == 2


def sorted_users(members):
    return sorted((member.user for member in members), key=lambda user: user.username)


def test_members_and_count_are_one_statement_each(open_socket, kinds, django_assert_num_queries):
    for index in range(3):
        open_socket(f"{index}=", user=f"user{index}").subscribe("board-a")
    board = channels.channel("board-a")

    with django_assert_num_queries(1):
        assert len(board.members()) == 3
    with django_assert_num_queries(1):
        assert board.count() == 3


def test_the_subscriptions_of_a_session_go_with_it(open_socket):
    session = open_socket()
    session.subscribe("news")
    session.delete()

    assert not Subscription.objects.exists()


def test_the_statement_of_a_channel_looks_at_no_table_as_a_whole(api_gateway):
    WebSocketSession.objects.bulk_create(
        WebSocketSession(
            connection_id=f"{index:06}=",
            api_gateway=api_gateway,
            channel_name=f"c-{index % 2000}",
        )
        for index in range(10_000)
    )
    Subscription.objects.bulk_create(
        Subscription(session=one, channel_name=f"c-{(index + number) % 2000}")
        for index, one in enumerate(WebSocketSession.objects.order_by("pk"))
        for number in range(1, 6)
    )
    with connection.cursor() as cursor:
        if connection.vendor != "mysql":
            cursor.execute("ANALYZE")
    for read in (
        lambda: list(WebSocketSession.objects.in_channel("c-7").connected()),
        lambda: channels.publish("c-7", 1, exclude=ids_in("c-7"), now=True),
    ):
        with CaptureQueriesContext(connection) as statements:
            read()
        [statement] = [one["sql"] for one in statements if "SELECT" in one["sql"]][-1:]
        plan = explain(statement)
        assert not any(scans(line) for line in plan), plan


def explain(statement):
    word = "EXPLAIN QUERY PLAN " if connection.vendor == "sqlite" else "EXPLAIN "
    with connection.cursor() as cursor:
        cursor.execute(word + statement)
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def scans(line):
    """Tell whether a line of a plan reads all of the sessions or subscriptions."""
    if connection.vendor == "mysql":
        # A table of the statement's own, and small ones, are read as a whole.
        table = str(line["table"])
        is_small = table.endswith(("apigateway", "user")) or table.startswith("<")
        return line["type"] == "ALL" and not is_small
    text = " ".join(map(str, line.values()))
    tables = ("websocketsession", "subscription")
    word = "Seq Scan on " if connection.vendor == "postgresql" else "SCAN "
    return any(f"{word}django_aws_api_gateway_websockets_{table}" in text for table in tables)
