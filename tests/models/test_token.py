from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
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

    def whose(session_key: str, connection_id: str) -> object:
        return WebSocketToken.explain_refusal(
            token, session_key, max_age_seconds=60, connection_id=connection_id
        ).user

    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "a new key"
    assert whose("s", "one=") == user
    assert [whose("s", "two="), whose("t", "one="), whose("s", "")] == [None] * 3


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
