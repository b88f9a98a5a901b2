"""A page that connects again at once, while its user logs out.

Django tells of a logout before it ends the session, and until then the cookie is good.
"""

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth import get_user_model
from django.contrib.auth.signals import user_logged_out
from django.test import AsyncClient, Client
from django.test.utils import override_settings

from django_aws_api_gateway_websockets.models import WebSocketSession
from tests import events

pytestmark = pytest.mark.django_db(transaction=True)

ENGINES = ["db", "cache", "cached_db", "signed_cookies"]


@pytest.fixture(params=ENGINES)
def engine(request):
    with override_settings(SESSION_ENGINE=f"django.contrib.sessions.backends.{request.param}"):
        yield


@pytest.fixture
def user():
    return get_user_model().objects.create_user("ada", is_staff=True)


@pytest.fixture
def connects_again():
    """Another page of the browser, whose socket was closed by the logout, connects at once."""
    pages = []

    def connect(sender, **kwargs):
        for number, page in enumerate(pages):
            response = events.connect(page, Connectionid=f"again{number}=")
            assert response.status_code == 200

    user_logged_out.connect(connect)
    yield pages
    user_logged_out.disconnect(connect)


def open_ids():
    rows = WebSocketSession.objects.filter(connected=True)
    return sorted(rows.values_list("connection_id", flat=True))


def page_of(client):
    page = Client()
    page.cookies = client.cookies
    return page


def test_a_socket_that_came_before_the_session_ended_is_closed(
    engine, client, user, api_gateway, connects_again
):
    client.force_login(user)
    events.connect(client, Connectionid="before=")
    other = Client()
    other.force_login(user)
    events.connect(other, Connectionid="elsewhere=")
    connects_again.append(page_of(client))

    assert client.post("/admin/logout/").status_code == 200

    assert open_ids() == ["elsewhere="]


def test_the_same_in_an_async_server(user, api_gateway, connects_again):
    client = AsyncClient()
    client.force_login(user)
    connects_again.append(page_of(client))

    assert async_to_sync(client.post)("/admin/logout/").status_code == 200

    assert open_ids() == []


def test_a_login_after_the_logout_in_the_same_browser_keeps_its_new_socket(
    client, user, api_gateway
):
    client.force_login(user)
    client.post("/admin/logout/")
    client.force_login(user)
    events.connect(client, Connectionid="new=")

    client.get("/admin/")

    assert open_ids() == ["new="]
