"""A token and a socket belong to a login, on every engine of Django's sessions."""

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth import alogin, get_user_model
from django.contrib.sessions.backends.db import SessionStore as DatabaseSessions
from django.test import Client

from django_aws_api_gateway_websockets.models import (
    WebSocketSession,
    WebSocketToken,
    hash_session_key,
)
from tests import events

pytestmark = pytest.mark.django_db

TOKEN_PATH = "/token-ws/connect"
OF_DJANGO = "django.contrib.sessions.backends"
IN_COOKIES = [f"{OF_DJANGO}.signed_cookies", "tests.project.cookie_sessions"]
STORED = [f"{OF_DJANGO}.{name}" for name in ["db", "cached_db", "cache", "file"]]


@pytest.fixture(params=STORED + IN_COOKIES, autouse=True)
def engine(request, settings, tmp_path):
    settings.SESSION_ENGINE = request.param
    settings.SESSION_FILE_PATH = str(tmp_path)
    return request.param


@pytest.fixture
def ada():
    return get_user_model().objects.create_user("ada", password="secret-of-ada")


def log_in(user):
    browser = Client()
    browser.force_login(user)
    return browser


def fetch_token(browser):
    return browser.post("/api/ws-token/").json()["token"]


def connect(browser, token, number=1):
    return events.connect(browser, TOKEN_PATH, f"?ws_token={token}", Connectionid=f"id-{number}=")


def say(number):
    # API Gateway sends no cookie with a message.
    return events.message(Client(), {"handler": "shout"}, Connectionid=f"id-{number}=")


def write_session(browser, **values):
    session = browser.session
    session.update({"basket": "apples", **values})
    session.save()
    keep(browser, session)


def keep(browser, session):
    browser.cookies["sessionid"] = session.session_key


def open_ids():
    opened = WebSocketSession.objects.filter(connected=True).order_by("connection_id")
    return list(opened.values_list("connection_id", flat=True))


def test_a_token_outlives_a_write_to_the_session(api_gateway, ada):
    browser = log_in(ada)
    token = fetch_token(browser)
    write_session(browser)

    assert connect(browser, token).status_code == 200


def test_a_token_outlives_another_key_of_the_session(api_gateway, ada):
    browser = log_in(ada)
    token = fetch_token(browser)
    session = browser.session
    session.cycle_key()
    session.save()
    keep(browser, session)

    assert connect(browser, token).status_code == 200


def test_a_token_that_a_project_makes_itself_outlives_both(api_gateway, ada):
    browser = log_in(ada)
    token = WebSocketToken.generate_token(user=ada, session_key=browser.session.session_key).token
    write_session(browser)
    session = browser.session
    session.cycle_key()
    session.save()
    keep(browser, session)

    assert connect(browser, token).status_code == 200


def test_everybody_connects_where_each_request_saves_the_session(api_gateway, ada, settings):
    settings.SESSION_SAVE_EVERY_REQUEST = True
    browser = log_in(ada)

    for number in range(3):
        assert connect(browser, fetch_token(browser), number).status_code == 200


def test_a_token_opens_nothing_for_another_login_of_the_same_user(api_gateway, ada):
    token = fetch_token(log_in(ada))

    assert connect(log_in(ada), token).content == b"Invalid or expired token"


def test_logout_closes_the_sockets_of_its_login_and_no_others(api_gateway, ada):
    first, second = log_in(ada), log_in(ada)
    for number, browser in enumerate([first, second, first]):
        connect(browser, fetch_token(browser), number)
        write_session(browser, number=number)
    assert open_ids() == ["id-0=", "id-1=", "id-2="]

    first.logout()

    assert open_ids() == ["id-1="]
    assert say(0).content == b"Invalid connection ID"
    assert say(1).status_code == 200


def test_logout_after_another_key_of_the_session_closes_its_sockets(api_gateway, ada):
    browser = log_in(ada)
    connect(browser, fetch_token(browser))
    session = browser.session
    session.cycle_key()
    session.save()
    keep(browser, session)

    browser.logout()

    assert open_ids() == []


def test_another_login_in_the_same_browser_closes_the_sockets_of_the_first(api_gateway, ada):
    browser = log_in(ada)
    connect(browser, fetch_token(browser))

    get_user_model().objects.create_superuser("grace", password="secret-of-grace")
    browser.post("/admin/login/", {"username": "grace", "password": "secret-of-grace"})

    assert connect(browser, fetch_token(browser), 2).status_code == 200
    assert open_ids() == ["id-2="]


def log_in_by_form(browser, name):
    get_user_model().objects.create_superuser(name, password=f"secret-of-{name}")
    browser.post("/admin/login/", {"username": name, "password": f"secret-of-{name}"})


def take_another_key(browser):
    session = browser.session
    session.cycle_key()
    session.save()
    keep(browser, session)


def test_another_login_closes_the_sockets_of_the_first_whose_session_got_another_key(
    api_gateway, ada
):
    browser, elsewhere = log_in(ada), log_in(ada)
    connect(elsewhere, fetch_token(elsewhere), 0)
    connect(browser, fetch_token(browser), 1)
    take_another_key(browser)
    connect(browser, fetch_token(browser), 2)

    log_in_by_form(browser, "grace")

    assert open_ids() == ["id-0="]


def test_another_login_after_a_new_password_closes_the_sockets_of_the_first(api_gateway, ada):
    ada.is_staff = True
    ada.save()
    browser = log_in(ada)
    connect(browser, fetch_token(browser), 1)
    new = {"new_password1": "another-secret-1", "new_password2": "another-secret-1"}
    browser.post("/admin/password_change/", {"old_password": "secret-of-ada", **new})
    assert open_ids() == []
    assert connect(browser, fetch_token(browser), 2).status_code == 200

    log_in_by_form(browser, "grace")

    assert open_ids() == []


def test_another_async_login_closes_the_sockets_of_the_first(api_gateway, ada, rf):
    browser = log_in(ada)
    connect(browser, fetch_token(browser))
    take_another_key(browser)
    request = rf.post("/login/")
    request.session = browser.session
    request.COOKIES["sessionid"] = browser.cookies["sessionid"].value

    grace = get_user_model().objects.create_user("grace")
    async_to_sync(alogin)(request, grace, backend="django.contrib.auth.backends.ModelBackend")

    assert open_ids() == []


def test_a_login_in_another_browser_closes_nothing(api_gateway, ada):
    browser, other = log_in(ada), log_in(ada)
    for number, one in enumerate([browser, other]):
        connect(one, fetch_token(one), number)
        take_another_key(one)

    log_in_by_form(Client(), "grace")

    assert open_ids() == ["id-0=", "id-1="]


def test_a_login_from_before_gets_its_token_and_its_logout(api_gateway, ada):
    """Sessions that older releases have made hold no key of the login."""
    browser = log_in(ada)
    session = browser.session
    session.pop("_websockets_login")
    session.save()
    keep(browser, session)

    token = fetch_token(browser)
    write_session(browser)
    assert connect(browser, token).status_code == 200
    browser.logout()

    assert open_ids() == []


def test_rows_of_older_releases_stay_valid(api_gateway, ada, engine):
    if engine in IN_COOKIES:
        pytest.skip("There, a row of an older release was of a key that is gone.")
    browser = log_in(ada)
    key = browser.session.session_key
    WebSocketToken.objects.create(token="a" * 64, user=ada, session_key=hash_session_key(key))
    WebSocketSession.objects.create(
        connection_id="old=", api_gateway=api_gateway, session_key_hash=hash_session_key(key)
    )

    assert connect(browser, "a" * 64).status_code == 200
    assert open_ids() == ["id-1=", "old="]
    browser.logout()

    assert open_ids() == []


def test_a_stored_session_keeps_the_hash_that_older_releases_know(api_gateway, ada, engine):
    """So that a project can go back to one of them."""
    if not engine.endswith(".db"):
        pytest.skip("The same for each engine that stores sessions.")
    browser = log_in(ada)
    connect(browser, fetch_token(browser))

    stored = WebSocketSession.objects.get().session_key_hash
    assert stored == hash_session_key(browser.session.session_key)
    assert isinstance(browser.session, DatabaseSessions)
