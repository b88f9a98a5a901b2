import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth import get_user_model
from django.test import Client

from django_aws_api_gateway_websockets.admin.records import (
    MAX_DELETED_AT_ONCE,
    MAX_NAMED_IN_CONFIRMATION,
)
from django_aws_api_gateway_websockets.models import WebSocketSession
from tests.admin.pages import RECORDS, list_of, messages_of, page_of

pytestmark = pytest.mark.django_db

SELECTED_ACROSS = {"action": "delete_selected", "select_across": "1", "index": "0"}


def make_sessions(number: int) -> None:
    WebSocketSession.objects.bulk_create(
        WebSocketSession(connection_id=f"c{count}=", channel_name="general")
        for count in range(number)
    )


@pytest.mark.parametrize("model", RECORDS)
def test_records_can_be_neither_added_nor_changed_even_by_a_superuser(root, rows, model):
    row = getattr(rows, model)
    before = vars(type(row).objects.get(pk=row.pk)) | {"_state": None}

    assert root.get(list_of(model) + "add/").status_code == 403
    assert root.post(list_of(model) + "add/", {}).status_code == 403
    assert root.post(page_of(row), {"used": "on", "connected": ""}).status_code == 403

    assert vars(type(row).objects.get(pk=row.pk)) | {"_state": None} == before
    assert type(row).objects.count() == 1


@pytest.mark.parametrize("model", RECORDS)
def test_records_are_deleted_by_those_who_may(client_of, rows, model):
    row = getattr(rows, model)
    watcher, sweeper = client_of(f"view_{model}"), client_of(f"view_{model}", f"delete_{model}")

    assert watcher.post(page_of(row, "delete"), {"post": "yes"}).status_code == 403
    assert type(row).objects.exists()
    assert str(type(row).objects.get()) in sweeper.get(page_of(row, "delete")).content.decode()
    assert sweeper.post(page_of(row, "delete"), {"post": "yes"}).status_code == 302

    assert not type(row).objects.exists()


@pytest.mark.parametrize("model", RECORDS)
def test_selected_records_are_deleted_after_a_confirmation(root, rows, model):
    row = getattr(rows, model)
    chosen = {"action": "delete_selected", "_selected_action": [row.pk]}

    page = root.post(list_of(model), chosen)
    assert "Are you sure" in page.content.decode()
    assert type(row).objects.exists()
    response = root.post(list_of(model), {**chosen, "post": "yes"}, follow=True)

    assert not type(row).objects.exists()
    assert "Successfully deleted 1" in messages_of(response)[0]


def test_the_confirmation_names_some_and_counts_the_rest(root):
    make_sessions(MAX_NAMED_IN_CONFIRMATION + 30)

    page = root.post(list_of("websocketsession"), {**SELECTED_ACROSS, "_selected_action": ["1"]})

    content = page.content.decode()
    assert "… and 30 more" in content
    assert content.count("<li>Session: ") == MAX_NAMED_IN_CONFIRMATION
    assert f"Sessions: {MAX_NAMED_IN_CONFIRMATION + 30}" in content
    assert content.count('name="_selected_action"') == MAX_NAMED_IN_CONFIRMATION + 30


def test_as_many_as_can_be_selected_are_deleted(root):
    make_sessions(MAX_DELETED_AT_ONCE)
    keys = list(WebSocketSession.objects.values_list("pk", flat=True))

    root.post(
        list_of("websocketsession"), {**SELECTED_ACROSS, "_selected_action": keys, "post": "yes"}
    )

    assert not WebSocketSession.objects.exists()
    assert LogEntry.objects.count() == MAX_DELETED_AT_ONCE


def test_more_than_the_next_page_could_hold_cannot_be_selected(root):
    make_sessions(MAX_DELETED_AT_ONCE + 1)

    response = root.post(
        list_of("websocketsession"),
        {**SELECTED_ACROSS, "_selected_action": ["1"], "post": "yes"},
        follow=True,
    )

    assert messages_of(response)[0].startswith("Nothing was done: at most 500 can be selected")
    assert WebSocketSession.objects.count() == MAX_DELETED_AT_ONCE + 1


@pytest.mark.parametrize("text", ["ada", "ada@example.com"])
@pytest.mark.parametrize("model", ["websockettoken", "connectionratelimit"])
def test_records_are_found_by_their_user(viewer, rows, model, text):
    found = viewer.get(list_of(model), {"q": text}).context["cl"].result_list
    others = viewer.get(list_of(model), {"q": f"{text}x"}).context["cl"].result_list

    assert list(found) == [getattr(rows, model)]
    assert list(others) == []


def test_sessions_and_attempts_are_found_by_what_identifies_them(viewer, rows):
    for model, texts in {
        "websocketsession": ["abcdef=", "bcd", "genera"],
        "connectionratelimit": ["203.0.113.9", "0.113"],
    }.items():
        for text in texts:
            found = viewer.get(list_of(model), {"q": text}).context["cl"].result_list
            assert list(found) == [getattr(rows, model)]


@pytest.mark.parametrize(
    ("model", "query", "count"),
    [
        ("websocketsession", "connected__exact=1", 1),
        ("websocketsession", "connected__exact=0", 0),
        ("websockettoken", "used__exact=0", 1),
        ("websockettoken", "used__exact=1", 0),
        ("websockettoken", "created_at__gte=2000-01-01 00:00:00%2B00:00", 1),
        ("connectionratelimit", "successful__exact=0", 1),
        ("connectionratelimit", "successful__exact=1", 0),
        ("connectionratelimit", "attempt_time__gte=2000-01-01 00:00:00%2B00:00", 1),
        ("websocketsession", "created_on__year=2001", 0),
        ("connectionratelimit", "attempt_time__year=2001", 0),
    ],
)
def test_lists_are_filtered(viewer, rows, model, query, count):
    response = viewer.get(f"{list_of(model)}?{query}")

    assert response.status_code == 200
    assert response.context["cl"].result_count == count


def test_a_search_goes_by_the_columns_of_the_projects_own_user(root, rows, monkeypatch):
    user_model = get_user_model()
    monkeypatch.setattr(user_model, "USERNAME_FIELD", "last_name")
    monkeypatch.setattr(user_model, "EMAIL_FIELD", "no_such_column")
    user_model.objects.filter(pk=rows.user.pk).update(last_name="Lovelace")

    found = root.get(list_of("websockettoken"), {"q": "Lovelace"}).context["cl"].result_list

    assert list(found) == [rows.websockettoken]


@pytest.mark.parametrize(
    ("model", "columns"),
    [
        (
            "websocketsession",
            (
                "connection_id channel_name api_gateway user connected request_count"
                " created_on updated_on"
            ),
        ),
        ("websockettoken", "token_preview user created_at used"),
        ("connectionratelimit", "ip_address user attempt_time successful"),
    ],
)
def test_columns_are_those_documented(viewer, rows, model, columns):
    response = viewer.get(list_of(model))

    assert response.context["cl"].list_display == tuple(columns.split())
    for column in columns.split():
        assert f"column-{column}" in response.content.decode()


def test_the_column_of_the_preview_is_called_token(viewer, rows):
    page = viewer.get(list_of("websockettoken")).content.decode()

    assert "<span>Token</span>" in page


def test_nobody_gets_in_without_a_login_or_without_permissions(rows, client_of):
    for model in RECORDS:
        assert Client().get(list_of(model)).status_code == 302
        assert client_of().get(list_of(model)).status_code == 403
        assert client_of().get(page_of(getattr(rows, model))).status_code == 403
