"""The one-time token of a connect, fetched as a page fetches it."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY, get_user
from django.http import HttpRequest
from django.test import Client

from ..models import WebSocketToken
from ..models.login import note_login
from ..receiving.page_options import find_token_url

__all__ = ["FetchedToken", "fetch_token", "is_logged_in"]


@dataclass(frozen=True, slots=True)
class FetchedToken:
    """A token, or the reason why there is none."""

    text: str = ""
    """The token; "" where none was given."""
    refused: str = ""
    """The reason, in the words of the view that gives tokens."""
    response: Any = None
    """The response of that view; None where no URL leads to one."""


def is_logged_in(browser: Client) -> bool:
    """Tell whether somebody is logged in; a browser without a session is not given one for it."""
    return settings.SESSION_COOKIE_NAME in browser.cookies and SESSION_KEY in browser.session


def fetch_token(browser: Client, api_id: str) -> FetchedToken:
    """Fetch a token for one connection.

    Where the project has a token view of its own, the token is made as such views make it.
    """
    url = find_token_url(api_id)
    if url is None:
        return FetchedToken(_make_token(browser, api_id))
    response = browser.post(url, secure=True)
    if response.status_code == 200:  # noqa: PLR2004 - RFC 9110, 15.3.1.
        return FetchedToken(response.json()["token"], response=response)
    said = response.content.decode(errors="replace")
    return FetchedToken("", f"no token from {url}: {said or response.reason_phrase}", response)


def _make_token(browser: Client, api_id: str) -> str:
    request: Any = HttpRequest()
    request.session = browser.session
    login = note_login(request.session)
    request.session.save()
    user: Any = get_user(request)
    return str(WebSocketToken.generate_token(user, login, api_id=api_id).token)
