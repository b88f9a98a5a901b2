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
