"""The two token views the existing package's documentation tells projects to write work with ours.

They are read out of the released source archive each time; nothing of them is kept here.
"""

import sys
from types import ModuleType

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.test import Client
from django.urls import include, path

from django_aws_api_gateway_websockets.models import WebSocketSession
from tests import events

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

PAGES = {"websocket_tokens": 10, "rate_limiting": 30}
"""Each page with the tokens its view allows a minute."""


@pytest.fixture(params=PAGES)
def page(request, released_blocks, settings, monkeypatch) -> str:
    """A page whose view is routed as it says."""
    is_view = "class CustomWebSocketTokenView("
    (block,) = [block for block in released_blocks(request.param) if is_view in block]
    module = ModuleType("custom_token_urls")
    exec(block, module.__dict__)
    view = module.__dict__["CustomWebSocketTokenView"]
    module.urlpatterns = [
        path("custom-token/", view.as_view()),
        path("", include("tests.project.urls")),
    ]
    monkeypatch.setitem(sys.modules, module.__name__, module)
    settings.ROOT_URLCONF = module.__name__
    return request.param


@pytest.fixture
def browser() -> Client:
    return Client()


@pytest.fixture
def user():
    user = get_user_model().objects.create_user("ada")
    kind = ContentType.objects.create(app_label="chat", model="room")
    user.user_permissions.add(
        Permission.objects.create(content_type=kind, codename="can_use_chat", name="May chat")
    )
    return user


def test_a_token_of_a_projects_own_view_opens_a_connection_once(page, browser, user, api_gateway):
    browser.force_login(user)

    answer = browser.post("/custom-token/").json()
    query = f"?ws_token={answer['token']}&channel=general"
    first = events.connect(browser, "/token-ws/connect", query)
    again = events.connect(browser, "/token-ws/connect", query, Connectionid="another=")

    assert answer["expires_in"] == 60
    assert (first.status_code, again.status_code) == (200, 400)
    assert WebSocketSession.objects.get().user == user


def test_a_projects_own_limit_of_tokens_holds(page, browser, user):
    browser.force_login(user)

    statuses = [browser.post("/custom-token/").status_code for _ in range(PAGES[page] + 1)]

    assert statuses == [200] * PAGES[page] + [403]


def test_a_projects_own_view_refuses_strangers_and_who_may_not_chat(page, browser, user):
    assert browser.post("/custom-token/").status_code == 403

    browser.force_login(get_user_model().objects.create_user("bob"))

    refused = 403 if page == "websocket_tokens" else 200
    assert browser.post("/custom-token/").status_code == refused
