"""Keyed hashes of session keys and logins, which the database holds instead of the secrets.

Existing databases were filled with these salts; another salt would end every live session.
"""

from typing import Any, Final

from django.conf import settings
from django.utils.crypto import constant_time_compare, salted_hmac

__all__ = [
    "accepted_session_key_hashes",
    "hash_session_key",
    "hash_token_use",
    "hash_user_auth",
    "is_login_of",
    "is_token_use",
]

_SESSION_KEY_SALT: Final = "django_aws_api_gateway_websockets.WebSocketToken.session_key"
_USE_SALT: Final = "django_aws_api_gateway_websockets.WebSocketToken.use"
_AUTH_SALT: Final = "django_aws_api_gateway_websockets.WebSocketSession.auth_hash"


def hash_session_key(key: str) -> str:
    """Return the 64 hex characters stored in place of a Django session key."""
    return _keyed_hash(_SESSION_KEY_SALT, key)


def accepted_session_key_hashes(key: str) -> list[str]:
    """Return the hashes a row of this session may hold, one for each accepted secret key."""
    return [_keyed_hash(_SESSION_KEY_SALT, key, secret) for secret in _accepted_secrets()]


def hash_token_use(session_key: str, connection_id: str) -> str:
    """Return the 64 hex characters that record a token's use: its session and connection."""
    return _keyed_hash(_USE_SALT, f"{connection_id}:{session_key}")


def is_token_use(stored: str, session_key: str, connection_id: str) -> bool:
    """Tell whether `stored` was made by `hash_token_use` for this session and connection."""
    use = f"{connection_id}:{session_key}"
    return any(
        constant_time_compare(stored, _keyed_hash(_USE_SALT, use, secret))
        for secret in _accepted_secrets()
    )


def hash_user_auth(user: Any) -> str:
    """Return 64 hex characters that change with the user's password.

    Returns:
        "" for nobody, an anonymous user, or a user model without `get_session_auth_hash()`.
    """
    if user is None or not user.is_authenticated or not hasattr(user, "get_session_auth_hash"):
        return ""
    return _keyed_hash(_AUTH_SALT, user.get_session_auth_hash())


def is_login_of(user: Any, auth_hash: str) -> bool:
    """Tell whether `auth_hash` was made for this user's present password.

    A rotation of `SECRET_KEY` that keeps the old key in `SECRET_KEY_FALLBACKS` keeps logins, as it
    does for Django's own sessions. Both hashes, Django's and ours, may come from the old key.
    """
    if not hasattr(user, "get_session_auth_hash"):
        return True
    logins = [user.get_session_auth_hash(), *_fallback_logins(user)]
    return any(
        constant_time_compare(auth_hash, _keyed_hash(_AUTH_SALT, login, secret))
        for secret in _accepted_secrets()
        for login in logins
    )


def _fallback_logins(user: Any) -> list[str]:
    fallbacks = getattr(user, "get_session_auth_fallback_hash", None)
    return list(fallbacks()) if fallbacks else []


def _accepted_secrets() -> list[str | bytes]:
    return [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]


def _keyed_hash(salt: str, value: str, secret: str | bytes | None = None) -> str:
    return salted_hmac(salt, value, secret=secret, algorithm="sha256").hexdigest()
