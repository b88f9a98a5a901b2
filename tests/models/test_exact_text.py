"""Names are compared exactly on every database, whatever its collation."""

import re

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, connections, transaction
from django.db.models import Count

from django_aws_api_gateway_websockets.models import (
    ApiGateway,
    ApiGatewayAdditionalRoute,
    ChannelPermission,
    WebSocketSession,
)
from tests import events
from tests.further_databases import Everything, empty_database
from tests.project import views

pytestmark = pytest.mark.django_db

OTHERS = {
    "another case": "SECRET_board",
    "an accent": "sécret_board",
    "another width": "\uff53ecret_board",
    "a trailing blank": "secret_board ",
    "a sharp s": "\u017fecret_board",
    "a combining accent": "se\u0301cret_board",
}


@pytest.fixture(params=OTHERS.values(), ids=OTHERS)
def other(request):
    return request.param


@pytest.fixture
def sessions(api_gateway, other):
    """A session in the secret channel, and one in a channel that looks like it."""
    for number, channel in enumerate(["secret_board", other]):
        WebSocketSession.objects.create(
            connection_id=f"id-{number}=", channel_name=channel, api_gateway=api_gateway
        )


def found(queryset):
    return sorted(one.connection_id for one in queryset.recipients())


def test_a_queryset_finds_its_channel_and_no_other(sessions, other):
    objects = WebSocketSession.objects

    assert found(objects.filter(channel_name="secret_board")) == ["id-0="]
    assert found(objects.filter(channel_name__in=["secret_board"])) == ["id-0="]
    assert found(objects.filter(channel_name__in=["secret_board", other])) == ["id-0=", "id-1="]
    assert found(objects.exclude(channel_name="secret_board")) == ["id-1="]
    assert found(objects.in_channel("secret_board").connected()) == ["id-0="]
    assert found(objects.in_channel(other)) == ["id-1="]
    names = objects.filter(connection_id="id-1=").values("channel_name")
    assert found(objects.filter(channel_name__in=names)) == ["id-1="]
    assert found(objects.filter(channel_name=names[:1])) == ["id-1="]


def test_a_message_a_broadcast_and_a_queued_one_reach_the_channel_alone(sessions, other):
    for audience in (
        WebSocketSession.objects.filter(channel_name="secret_board"),
        WebSocketSession.objects.in_channel("secret_board"),
    ):
        assert audience.broadcast({}, plan=True).sockets == 1
        assert (
            sum(len(one.session_keys) for one in audience.enqueue_broadcast({}).ranges.all()) == 1
        )
    [reached] = WebSocketSession.objects.in_channel("secret_board").connected()
    assert reached.connection_id == "id-0="


@pytest.fixture
def any_name(monkeypatch):
    """The project allows any channel name."""
    monkeypatch.setattr(views.OpenView, "CHANNEL_NAME_PATTERN", re.compile(r".+"))


def test_the_rule_of_a_channel_holds_for_it_alone(api_gateway, client, other, any_name):
    ChannelPermission.objects.create(channel_name="secret_board", access="superuser_only")

    assert ChannelPermission.for_channel(other) is None
    statuses = {
        name: events.connect(
            client, query=f"?channel={name}", Connectionid=f"id-{number}="
        ).status_code
        for number, name in enumerate(["secret_board", other])
    }

    assert statuses == {"secret_board": 403, other: 200}
    assert found(WebSocketSession.objects.filter(channel_name="secret_board")) == []
    assert (
        events.message(
            client, {"handler": "change_channel", "channel": "secret_board"}, Connectionid="id-1="
        ).status_code
        == 403
    )


@pytest.mark.parametrize("name", ["SECRET_board", "secret_Board"])
def test_channels_that_differ_by_case_have_rules_of_their_own(name):
    ChannelPermission.objects.create(channel_name="secret_board")
    other = ChannelPermission(channel_name=name, access="staff_only")

    other.full_clean()
    other.save()

    assert ChannelPermission.for_channel(name) == other
    with pytest.raises(IntegrityError), transaction.atomic():
        ChannelPermission.objects.create(channel_name=name)


def test_connections_that_differ_by_case_are_two(api_gateway, client):
    statuses = [
        events.connect(client, Connectionid=one).status_code for one in ("AbCdEfGh=", "aBcDeFgH=")
    ]

    assert statuses == [200, 200]
    assert events.disconnect(client, Connectionid="aBcDeFgH=").status_code == 200
    assert list(
        WebSocketSession.objects.filter(connected=True).values_list("connection_id", flat=True)
    ) == ["AbCdEfGh="]


def test_an_api_is_known_by_its_exact_id(api_gateway, client):
    header = {"X-Amzn-Apigateway-Api-Id": events.API_ID.upper()}

    assert events.connect(client, **header).status_code == 400


def test_route_keys_that_differ_by_case_are_two(api_gateway):
    url = "https://www.example.com/ws/join"
    ApiGatewayAdditionalRoute.objects.bulk_create(
        ApiGatewayAdditionalRoute(
            api_gateway=api_gateway, name=key, route_key=key, integration_url=url
        )
        for key in ("join", "Join")
    )

    assert api_gateway.additional_routes.filter(route_key="join").count() == 1


def test_a_project_that_asks_for_any_case_gets_it(sessions):
    objects = WebSocketSession.objects

    assert "id-0=" in found(objects.filter(channel_name__iexact="SECRET_BOARD"))
    assert "id-0=" in found(objects.filter(channel_name__icontains="T_BOA"))
    assert "id-0=" in found(objects.filter(channel_name__istartswith="SECRET"))
    assert "id-0=" in found(objects.filter(channel_name__iendswith="BOARD"))
    assert "id-0=" in found(objects.filter(channel_name__iregex="^SECRET_B.ARD$"))
    assert found(objects.filter(channel_name__regex="^SECRET_")) in ([], ["id-1="])


def test_names_are_told_apart_wherever_a_database_compares_them(sessions, other):
    objects = WebSocketSession.objects
    groups = objects.values_list("channel_name").annotate(Count("pk"))

    assert sorted(groups) == sorted([("secret_board", 1), (other, 1)])
    assert objects.values("channel_name").distinct().count() == 2
    for name in ("secret_board", other):
        ChannelPermission.objects.create(channel_name=name)
        WebSocketSession.objects.create(connection_id=name)
        assert ChannelPermission.for_channel(name).channel_name == name


@pytest.mark.skipif(connection.vendor != "mysql", reason="others compare exactly anyway")
def test_a_lookup_by_channel_still_uses_its_index(sessions):
    plan = WebSocketSession.objects.filter(channel_name="secret_board").explain()

    assert "django_aws__channel" in plan


@pytest.fixture(scope="module")
def three_byte_database(django_db_setup, django_db_blocker):
    """A database whose tables were made for characters of three bytes, as old ones were."""
    name = f"{connection.settings_dict['NAME']}_utf8mb3"
    with django_db_blocker.unblock():
        with connection.cursor() as cursor:
            cursor.execute(f"DROP DATABASE IF EXISTS {name}")
            cursor.execute(f"CREATE DATABASE {name} CHARACTER SET utf8mb3")
        with empty_database("old", {**connection.settings_dict, "NAME": name}) as alias:
            yield alias
        with connection.cursor() as cursor:
            cursor.execute(f"DROP DATABASE {name}")


@pytest.mark.slow
@pytest.mark.skipif(connection.vendor != "mysql", reason="others take every character")
@pytest.mark.django_db(transaction=True, databases=["default", "old"])
def test_a_channel_of_emoji_works_in_a_database_of_three_bytes(
    three_byte_database, client, any_name, settings, monkeypatch
):
    settings.DATABASE_ROUTERS = [Everything("old")]
    ApiGateway.objects.create(
        api_name="a", api_id=events.API_ID, target_base_endpoint="https://www.example.com/ws/"
    )

    join_and_send(client)
    monkeypatch.setattr(views.OpenView, "aws_api_gateway_id", events.API_ID)
    assert events.connect(client, query="?channel=🦊", Connectionid="id-2=").status_code == 200


def test_a_channel_of_emoji_can_be_joined_and_sent_to(api_gateway, client, any_name):
    join_and_send(client)


def join_and_send(client):
    ApiGateway.objects.update(default_channel_name="🐢")

    assert events.connect(client, query="?channel=🦊").status_code == 200
    assert events.connect(client, Connectionid="id-1=").status_code == 200

    assert WebSocketSession.objects.in_channel("🐢").get().connection_id == "id-1="
    queued = WebSocketSession.objects.in_channel("🦊").enqueue_broadcast({"text": "🦊"})
    queued.refresh_from_db()
    assert "🦊" in queued.text


def collations(alias):
    with connections[alias].cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT collation_name FROM information_schema.columns WHERE "
            "table_schema = DATABASE() AND column_name IN ('connection_id', 'channel_name')"
        )
        return [collation for (collation,) in cursor.fetchall()]


@pytest.mark.slow
@pytest.mark.skipif(connection.vendor != "mysql", reason="others need no collation")
@pytest.mark.django_db(transaction=True, databases=["default", "old"])
def test_a_database_whose_names_ignored_trailing_blanks_is_changed(three_byte_database):
    app = "django_aws_api_gateway_websockets"
    [wanted] = collations("old")
    call_command("migrate", app, "0010", database="old", verbosity=0)
    with connections["old"].cursor() as cursor:
        cursor.execute(
            f"ALTER TABLE {app}_websocketsession "
            "MODIFY connection_id varchar(255) COLLATE utf8mb4_bin NOT NULL, "
            "MODIFY channel_name varchar(128) COLLATE utf8mb4_bin NOT NULL"
        )
    assert set(collations("old")) == {wanted, "utf8mb4_bin"}

    call_command("migrate", app, database="old", verbosity=0)

    assert collations("old") == [wanted]
    sessions = WebSocketSession.objects.using("old")
    sessions.bulk_create(WebSocketSession(connection_id=name) for name in ["a", "a "])
    sessions.all().delete()
