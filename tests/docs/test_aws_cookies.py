"""A browser sends the session's cookie to the socket in the layouts of the manual, and only there.

Source of the browser's rules: https://www.rfc-editor.org/rfc/rfc6265#section-5.1.3
"""

import urllib.request
from email.message import Message
from http.cookiejar import CookieJar

import pytest
from django.contrib.auth import get_user_model
from django.test import Client, override_settings

from tests.docs.pages import DOCS

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

FILES = DOCS / "how-to" / "aws" / "files"
LAYOUTS = {
    "settings_beside.py": ("www.example.com", "ws.example.com"),
    "settings_below.py": ("app.example.com", "ws.app.example.com"),
}


class Response:
    """A response as far as the standard library's cookies read it."""

    def __init__(self, cookies) -> None:
        self._headers = Message()
        for cookie in cookies.values():
            self._headers["Set-Cookie"] = cookie.OutputString()

    def info(self) -> Message:
        return self._headers


def settings_of(name: str) -> dict:
    values = {}
    exec((FILES / name).read_text(), values)
    return {key: value for key, value in values.items() if key.isupper()}


def log_in(page: str) -> CookieJar:
    """Log in at a host; the cookies a browser has afterwards."""
    ada = get_user_model().objects.create_user("ada", password="secret", is_staff=True)
    response = Client().post(
        "/admin/login/",
        {"username": ada.username, "password": "secret"},
        headers={"Host": page},
        secure=True,
    )
    assert response.status_code == 302
    jar = CookieJar()
    jar.extract_cookies(Response(response.cookies), urllib.request.Request(f"https://{page}/"))
    return jar


def sent_to(jar: CookieJar, url: str) -> str:
    request = urllib.request.Request(url)
    jar.add_cookie_header(request)
    return request.get_header("Cookie", "")


@pytest.mark.parametrize("name", LAYOUTS)
def test_the_socket_gets_the_session_and_no_stranger_does(name):
    page, socket = LAYOUTS[name]
    values = settings_of(name)

    with override_settings(**values):
        jar = log_in(page)

    cookie = f"{values['SESSION_COOKIE_NAME']}="
    assert cookie in sent_to(jar, f"https://{page}/")
    assert cookie in sent_to(jar, f"https://{socket}/")
    assert sent_to(jar, f"http://{socket}/") == ""
    assert sent_to(jar, "https://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com/") == ""


def test_below_a_host_of_its_own_no_other_site_of_the_domain_gets_it():
    with override_settings(**settings_of("settings_below.py")):
        jar = log_in("app.example.com")

    assert sent_to(jar, "https://www.example.com/") == ""


def test_without_a_domain_the_socket_gets_none():
    with override_settings(ALLOWED_HOSTS=["www.example.com"]):
        jar = log_in("www.example.com")

    assert sent_to(jar, "https://www.example.com/") != ""
    assert sent_to(jar, "https://ws.example.com/") == ""
