"""The checks of declared channels and of their relay."""

import re
from datetime import timedelta

import pytest
from django.core.checks import run_checks
from django.db import connection
from django.urls import register_converter
from django.urls.converters import REGISTERED_CONVERTERS, StringConverter, get_converters
from django.utils import timezone

from django_aws_api_gateway_websockets.channels import Channel
from django_aws_api_gateway_websockets.channels.registry import unregister
from django_aws_api_gateway_websockets.models import RelayTask, WebSocketSession
from tests.checks.named_urls import NamedView
from tests.checks.reports import APP, ids, text_of


@pytest.fixture
def declare():
    """Declares kinds of channels for one test."""
    declared = []

    def make(pattern, *, name="Room", admits=True, presence=False):
        values = {"pattern": pattern, "presence": presence, "__module__": "chat.channels"}
        if admits:
            values["may_subscribe"] = lambda self, user: True
        declared.append(type(name, (Channel,), values))

    yield make
    for kind in declared:
        unregister(kind)


@pytest.fixture
def own_converter():
    """Registers a converter of the project's own."""
    register_converter(StringConverter, "colour")
    yield
    del REGISTERED_CONVERTERS["colour"]
    get_converters.cache_clear()


def reported(alias="default"):
    return [m.id for m in run_checks(tags=["database"], databases=[alias]) if APP in m.id]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("room-<int:pk>", "room-<slug:slug>"),
        ("<slug:slug>", "news"),
        ("a-<str:b>", "<str:a>-b"),
        ("room-7", "room-<int:pk>"),
    ],
)
def test_two_patterns_that_match_one_name_are_an_error(declare, one, other):
    declare(one)
    declare(other, name="Other")

    assert ids() == ["E005"]
    assert "chat.channels.Room" in text_of("E005")
    assert "chat.channels.Other" in text_of("E005")


def test_patterns_with_words_of_their_own_are_fine(declare):
    declare("room-<int:pk>")
    declare("board-<slug:slug>", name="Board")
    declare("room-<int:pk>-side", name="Side")

    assert ids() == []


def test_an_overlap_through_a_converter_of_the_project_is_only_a_warning(declare, own_converter):
    declare("room-<int:pk>")
    declare("room-<colour:shade>", name="Shade")

    assert ids() == ["W017"]
    assert "'colour'" in text_of("W017")


def test_a_converter_of_the_project_harms_nothing_behind_a_word_of_its_own(declare, own_converter):
    declare("room-<int:pk>")
    declare("shade-<colour:shade>", name="Shade")

    assert ids() == []


def test_a_kind_that_admits_nobody_is_reported(declare):
    declare("room-<int:pk>", admits=False)

    assert ids() == ["W019"]
    assert "chat.channels.Room has no may_subscribe()" in text_of("W019")


@pytest.mark.django_db
def test_presence_without_a_relay_is_reported_while_somebody_is_connected(declare, session):
    assert reported() == []
    declare("room-<int:pk>", presence=True)
    assert reported() == [f"{APP}.W018"]

    RelayTask.objects.create(name="presence", done_on=timezone.now())
    assert reported() == []
    RelayTask.objects.update(done_on=timezone.now() - timedelta(minutes=6))
    assert reported() == [f"{APP}.W018"]
    WebSocketSession.objects.update(connected=False)
    assert reported() == []


@pytest.mark.django_db
def test_only_what_is_asked_about_is_looked_at(declare, session, django_assert_num_queries):
    declare("room-<int:pk>", presence=True)

    assert ids() == []
    with django_assert_num_queries(0):
        assert [m for m in run_checks(databases=[]) if m.id == f"{APP}.W018"] == []


@pytest.mark.django_db
@pytest.mark.skipif(connection.vendor == "mysql", reason="It commits when a table is renamed.")
def test_a_database_that_is_not_migrated_yet_is_no_error(declare, session):
    declare("room-<int:pk>", presence=True)
    table = RelayTask._meta.db_table

    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} RENAME TO was_{table}")
    try:
        assert reported() == []
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER TABLE was_{table} RENAME TO {table}")


NAMED = "tests.checks.named_urls"


@pytest.mark.parametrize("pattern", ["room:<int:pk>", "room <str:title>", "a.b", "x" * 129])
def test_w022_a_pattern_whose_names_no_view_takes(declare, settings, pattern):
    settings.ROOT_URLCONF = NAMED
    declare(pattern)

    assert "W022" in ids()
    assert f"has the pattern {pattern!r}, and no view takes such names" in text_of("W022")


@pytest.mark.parametrize("pattern", ["room-<int:pk>", "<slug:title>", "dm-<uuid:pk>", "<path:a>"])
def test_w022_is_quiet_where_a_view_takes_them(declare, settings, pattern):
    settings.ROOT_URLCONF = NAMED
    declare(pattern)

    assert "W022" not in ids()


@pytest.mark.parametrize(
    ("pattern", "taken"),
    [
        ("room-<int:pk>", r"room-[1-9]\d{3,}"),
        ("room-<int:pk>", r"room-2\d+|lobby"),
        ("<str:lang>-<slug:x>", r"(en|de)-[a-z]+"),
        ("room:<int:pk>", r"room:\d+"),
        ("lobby", r"lobby|hall"),
    ],
)
def test_w022_is_quiet_where_a_pattern_of_the_project_may_take_other_names(
    declare, settings, monkeypatch, pattern, taken
):
    settings.ROOT_URLCONF = NAMED
    monkeypatch.setattr(NamedView, "CHANNEL_NAME_PATTERN", re.compile(taken))
    declare(pattern)

    assert "W022" not in ids()


@pytest.mark.parametrize("pattern", ["garden", "x" * 129 + "<int:pk>"])
def test_w022_a_pattern_of_the_project_that_certainly_takes_no_such_name(
    declare, settings, monkeypatch, pattern
):
    settings.ROOT_URLCONF = NAMED
    monkeypatch.setattr(NamedView, "CHANNEL_NAME_PATTERN", re.compile(r"lobby|x+\d+"))
    declare(pattern)

    assert "W022" in ids()


def test_w022_is_quiet_where_only_a_request_knows_what_is_taken(declare, settings, monkeypatch):
    settings.ROOT_URLCONF = NAMED
    declare("room:<int:pk>")
    assert "W022" in ids()

    monkeypatch.setattr(NamedView, "CHANNEL_NAME_PATTERN", property(lambda self: re.compile(".")))
    assert "W022" not in ids()


def test_w022_is_quiet_where_clients_are_not_meant_or_nobody_can_know(
    declare, settings, own_converter
):
    settings.ROOT_URLCONF = NAMED
    declare("room:<int:pk>", admits=False)
    declare("of:<colour:tint>", name="Coloured")
    assert "W022" not in ids()

    # Without a view nobody connects.
    settings.ROOT_URLCONF = "tests.checks.no_urls"
    declare("board:<int:pk>", name="Board")
    assert "W022" not in ids()
