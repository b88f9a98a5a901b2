"""The user of a visit, and the one-time token that a page of the site gets for its socket."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.contrib.auth import get_user_model

from ...models import WebSocketToken
from .requests import BackendResponse, post
from .visitor import Visitor

__all__ = ["ask_for_token", "delete_token", "find_user", "make_token", "read_token"]


def find_user(name: str) -> Any | None:
    """Find a user by the name that they log in with."""
    users = get_user_model()._default_manager
    return users.filter(**{get_user_model().USERNAME_FIELD: name}).first()


def ask_for_token(
    visitor: Visitor, url: str, *, seconds: float, form: Mapping[str, str] | None = None
) -> BackendResponse:
    """Ask for a token as a page of the site does.

    Args:
        visitor: has the login.
        url: where tokens are.
        seconds: deadline of each step.
        form: members of the form that is posted.

    Raises:
        OSError: nothing responds.
    """
    body = urlencode(form or {}).encode()
    return post(url, _headers_of_page(visitor, url), body=body, seconds=seconds)


def read_token(response: BackendResponse) -> str:
    """Return the token of a response; "" where it has none."""
    try:
        token = json.loads(response.body)["token"]
    except (ValueError, TypeError, LookupError):
        return ""
    return str(token)


def make_token(visitor: Visitor) -> str:
    """Make a token without the site's help, where nobody can ask for one."""
    return str(WebSocketToken.generate_token(visitor.user, visitor.login).token)


def delete_token(token: str) -> None:
    """Delete a token that the visit has used."""
    WebSocketToken.objects.filter(token=token).delete()


def _headers_of_page(visitor: Visitor, url: str) -> dict[str, str]:
    parts = urlsplit(url)
    origin = f"{parts.scheme}://{parts.netloc}"
    name = settings.CSRF_HEADER_NAME.removeprefix("HTTP_").replace("_", "-")
    return {
        "Host": parts.netloc,
        "Origin": origin,
        "Referer": f"{origin}/",
        "Cookie": visitor.cookies_of_page,
        "Content-Type": "application/x-www-form-urlencoded",
        name: visitor.csrf_secret,
    }
