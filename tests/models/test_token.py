from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db import connection
from django.utils import timezone

from django_aws_api_gateway_websockets.models import WebSocketToken, hash_session_key


@pytest.fixture
def user(db):
    return get_user_model().objects.create_user("ada")


@pytest.mark.django_db
def test_a_token_is_64_hex_characters_and_the_session_key_is_not_stored(user):
    token = WebSocketToken.generate_token(user=user, session_key="the-session")

    token.full_clean()
    assert token.session_key == hash_session_key("the-session") != "the-session"
    assert str(token) == f"{token.token[:16]}..."


@pytest.mark.django_db
@pytest.mark.parametrize("is_used", [False, True])
def test_a_stored_token_is_valid_as_it_is(user, is_used):
    token = WebSocketToken.generate_token(user=user, session_key="the-session").token
    if is_used:
        WebSocketToken.validate_and_consume(token, "the-session", connection_id="a=")

    stored = WebSocketToken.objects.get()
    stored.full_clean()
    stored.save()

    assert WebSocketToken.objects.get(token=token) == stored


@pytest.mark.django_db
@pytest.mark.parametrize("token", ["h" * 64, "a" * 63, "a" * 64 + "\n", "A" * 64, "h" + "a" * 62])
def test_a_text_that_is_neither_a_token_nor_a_hash_is_not_valid(user, token):
    with pytest.raises(ValidationError, match=r"Invalid token format|at most 64"):
        WebSocketToken(token=token, user=user, session_key="s").full_clean()


@pytest.mark.django_db
@pytest.mark.parametrize("value", [None, "", b"a" * 64, 7, "A" * 64, "a" * 63, "a" * 64 + "\n"])
def test_a_text_that_is_no_token_is_never_accepted(user, value):
    assert WebSocketToken.validate_and_consume(value, "the-session") is None


@pytest.mark.django_db
@pytest.mark.parametrize("session_key", [None, ""])
def test_a_token_without_its_session_is_not_accepted(user, session_key):
    token = WebSocketToken.generate_token(user=user, session_key="the-session")

    assert WebSocketToken.validate_and_consume(token.token, session_key) is None


@pytest.mark.django_db
def test_tokens_survive_a_rotation_of_the_secret_key(user, settings):
    token = WebSocketToken.generate_token(user=user, session_key="the-session")

    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "a new key"

    assert WebSocketToken.validate_and_consume(token.token, "the-session") == user


@pytest.mark.django_db
def test_expired_tokens_are_deleted_used_or_not(user):
    for age in (10, 400):
        token = WebSocketToken.generate_token(user=user, session_key="s")
        created_at = timezone.now() - timedelta(seconds=age)
        WebSocketToken.objects.filter(pk=token.pk).update(created_at=created_at)

    deleted, _ = WebSocketToken.cleanup_expired()

    assert (deleted, WebSocketToken.objects.count()) == (1, 1)


@pytest.mark.django_db
def test_a_user_has_a_limit_of_tokens_per_minute(user):
    for _ in range(9):
        WebSocketToken.generate_token(user=user, session_key="s")

    assert WebSocketToken.check_rate_limit(user)
    WebSocketToken.generate_token(user=user, session_key="s")
    assert not WebSocketToken.check_rate_limit(user)


@pytest.mark.django_db
def test_a_used_token_knows_its_connection_again_also_after_a_rotation_of_the_secret_key(
    user, settings
):
    token = WebSocketToken.generate_token(user, "s").token
    WebSocketToken.validate_and_consume(token, "s", connection_id="one=")

    def user_of(session_key: str, connection_id: str) -> object:
        return WebSocketToken.explain_refusal(
            token, session_key, max_age_seconds=60, connection_id=connection_id
        ).user

    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "a new key"
    assert user_of("s", "one=") == user
    assert [user_of("s", "two="), user_of("t", "one="), user_of("s", "")] == [None] * 3


@pytest.mark.django_db
def test_a_token_that_is_free_again_was_in_use_when_it_was_refused(user):
    token = WebSocketToken.generate_token(user, "s").token

    refusal = WebSocketToken.explain_refusal(token, "s", max_age_seconds=60, connection_id="one=")

    assert (refusal.user, refusal.reason) == (None, "the token was in use at that moment")


@pytest.mark.django_db
def test_a_token_a_project_has_used_itself_knows_no_connection(user):
    token = WebSocketToken.generate_token(user, "s").token
    WebSocketToken.validate_and_consume(token, "s")

    refusal = WebSocketToken.explain_refusal(token, "s", max_age_seconds=60, connection_id="one=")

    assert (refusal.user, refusal.is_too_old) == (None, False)
    assert WebSocketToken.objects.get().session_key == hash_session_key("s")


@pytest.mark.django_db
def test_the_table_holds_a_hash_which_opens_nothing(user):
    token = WebSocketToken.generate_token(user=user, session_key="the-session")

    [stored] = WebSocketToken.objects.values_list("token", flat=True)

    assert token.token not in stored
    assert len(stored) == 64
    assert WebSocketToken.validate_and_consume(stored, "the-session") is None
    assert WebSocketToken.objects.get(token=token.token) == token
    assert WebSocketToken.objects.get(token__in=[token.token]) == token
    assert WebSocketToken.objects.get(token=stored) == token
    assert WebSocketToken.validate_and_consume(token.token, "the-session") == user


@pytest.mark.django_db
def test_a_token_that_an_older_release_stored_as_it_is_still_opens_its_connection(user):
    token = WebSocketToken.generate_token(user=user, session_key="the-session")
    with connection.cursor() as cursor:
        table = WebSocketToken._meta.db_table
        cursor.execute(f"UPDATE {table} SET token = %s", [token.token])

    assert WebSocketToken.objects.get(token=token.token) == token
    assert WebSocketToken.validate_and_consume(token.token, "the-session") == user


@pytest.mark.django_db
def test_a_token_for_one_api_opens_no_connection_of_another(user):
    token = WebSocketToken.generate_token(user=user, session_key="the-session", api_id="one").token
    reason = {"max_age_seconds": 60, "connection_id": "c="}

    assert WebSocketToken.validate_and_consume(token, "the-session", api_id="two") is None
    assert WebSocketToken.validate_and_consume(token, "the-session") is None
    refused = WebSocketToken.explain_refusal(token, "the-session", api_id="two", **reason)
    assert refused.reason == "the token was made for another API"
    assert WebSocketToken.validate_and_consume(token, "the-session", api_id="one") == user
