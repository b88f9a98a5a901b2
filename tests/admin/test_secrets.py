"""Tokens and hashes: on no page, and in no answer to a question about them."""

import pytest

from tests.admin.pages import MODELS, RECORDS, list_of, page_of

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

SECRETS = ("7f" * 8, "5e" * 8, "a7" * 8)


@pytest.fixture(params=["superuser", "view only", "view and delete"])
def onlooker(request, root, viewer, client_of):
    if request.param == "superuser":
        return root
    if request.param == "view only":
        return viewer
    return client_of(*(f"{verb}_{model}" for model in RECORDS for verb in ("view", "delete")))


@pytest.mark.parametrize("model", RECORDS)
def test_no_page_shows_a_token_or_a_hash(onlooker, rows, model):
    row = getattr(rows, model)
    chosen = {"action": "delete_selected", "_selected_action": [row.pk]}
    responses = [
        onlooker.get(list_of(model)),
        onlooker.get(page_of(row)),
        onlooker.get(page_of(row, "history")),
        onlooker.get(page_of(row, "delete")),
        onlooker.post(list_of(model), chosen),
    ]

    assert [response.status_code for response in responses[:3]] == [200, 200, 200]
    for response in responses:
        for secret in SECRETS:
            assert secret not in response.content.decode()


def preview_of(token):
    """The part of a token's hash that is shown, to tell rows apart; nothing of the token."""
    stored = type(token).objects.values_list("token", flat=True).get(pk=token.pk)
    assert not stored.startswith("0123")
    return f"{stored[:16]}..."


def test_a_token_is_shown_by_16_characters_of_its_hash(onlooker, rows):
    for url in (list_of("websockettoken"), page_of(rows.websockettoken)):
        page = onlooker.get(url).content.decode()
        assert preview_of(rows.websockettoken) in page
        assert "0123456789abcdef" not in page


def test_a_deleted_record_leaves_no_token_in_the_history(root, rows):
    preview = preview_of(rows.websockettoken)
    root.post(page_of(rows.websockettoken, "delete"), {"post": "yes"})

    page = root.get("/admin/").content.decode()
    assert preview in page
    assert SECRETS[0] not in page


@pytest.mark.parametrize("lookup", ["", "__exact", "__startswith", "__regex", "__lt", "__in"])
@pytest.mark.parametrize(
    ("model", "column", "value"),
    [
        ("websockettoken", "token", "0123456789abcdef" + "7f" * 24),
        ("websockettoken", "session_key", "5e" * 32),
        ("websocketsession", "session_key_hash", "5e" * 32),
        ("websocketsession", "auth_hash", "a7" * 32),
    ],
)
def test_no_query_string_can_ask_about_a_secret(onlooker, rows, model, column, lookup, value):
    response = onlooker.get(list_of(model), {f"{column}{lookup}": value})

    assert response.status_code == 400


@pytest.mark.parametrize(
    ("model", "lookup"),
    [
        ("websockettoken", "user__password__startswith"),
        ("websockettoken", "user__websocket_tokens__token__startswith"),
        ("websocketsession", "user__websocket_sessions__auth_hash"),
        ("websocketsession", "api_gateway__sessions__session_key_hash"),
        ("apigateway", "sessions__session_key_hash__startswith"),
    ],
)
def test_no_query_string_reaches_a_secret_by_a_relation(onlooker, viewer, rows, model, lookup):
    client = onlooker if model in RECORDS else viewer

    assert client.get(list_of(model), {lookup: "7"}).status_code == 400


@pytest.mark.parametrize("text", ["7f7f7f7f", "5e5e5e5e", "a7a7a7a7", "0123456789abcdef"])
def test_no_search_finds_a_secret(viewer, rows, text):
    for model in MODELS:
        assert viewer.get(list_of(model), {"q": text}).context["cl"].result_count == 0


def test_a_row_cannot_be_addressed_by_its_token(root, rows):
    response = root.get(page_of(rows.websockettoken), {"_to_field": "token"})

    assert response.status_code == 400
