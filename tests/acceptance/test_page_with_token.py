"""A page that shows its route and channel, fetches a token and connects with it."""

import re

import pytest
from django.contrib.auth import get_user_model
from django.http import HttpResponse
from django.middleware.csrf import get_token
from django.template import engines
from django.test import Client
from django.urls import include, path
from django.views.generic import TemplateView

from django_aws_api_gateway_websockets.mixins import AddWebSocketRouteToContextMixin
from django_aws_api_gateway_websockets.models import (
    ApiGateway,
    ApiGatewayAdditionalRoute,
    WebSocketSession,
)
from tests import events

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

PAGE = """
{% if api_gateway_route %}
<script>
  const baseUrl = "wss://{{ api_gateway_route.api_gateway.domain_name|escapejs }}";
  const channel = "{{ channel_name|escapejs }}";
  const tokenEndpoint = "{% url 'websocket_token' %}";
</script>
{% else %}The route is not configured.{% endif %}
"""


class DashboardView(AddWebSocketRouteToContextMixin, TemplateView):
    websocket_route_key = "dashboard"
    channel_name = "dashboard"

    def render_to_response(self, context, **kwargs):
        get_token(self.request)
        return HttpResponse(engines["django"].from_string(PAGE).render(context, self.request))


class HostileView(DashboardView):
    channel_name = '"; alert("</script>'


urlpatterns = [
    path("dashboard/", DashboardView.as_view()),
    path("hostile/", HostileView.as_view()),
    path("", include("tests.project.urls")),
]


@pytest.fixture(autouse=True)
def urls(settings) -> None:
    settings.ROOT_URLCONF = __name__


@pytest.fixture
def route(api_gateway) -> ApiGatewayAdditionalRoute:
    ApiGateway.objects.update(domain_name="ws.example.com")
    route = ApiGatewayAdditionalRoute(
        api_gateway=api_gateway,
        name="Dashboard",
        route_key="dashboard",
        integration_url="https://www.example.com/extra/",
        deployed=True,
    )
    route.save(push_to_aws=False)
    return route


@pytest.fixture
def browser() -> Client:
    """Django's client with its CSRF protection on, logged in."""
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(get_user_model().objects.create_user("ada"))
    return browser


def open_page(browser: Client, url: str = "/dashboard/") -> dict[str, str]:
    """The constants of the page's script."""
    answer = browser.get(url)
    assert answer.status_code == 200
    return dict(re.findall(r'const (\w+) = "(.*)";', answer.content.decode()))


def fetch_token(browser: Client, endpoint: str) -> HttpResponse:
    return browser.post(endpoint, headers={"X-CSRFToken": browser.cookies["csrftoken"].value})


def test_a_page_connects_with_the_token_it_has_fetched(route, browser):
    page = open_page(browser)

    token = fetch_token(browser, page["tokenEndpoint"]).json()["token"]
    query = f"?ws_token={token}&channel={page['channel']}"
    first = events.connect(browser, "/token-ws/connect", query)
    again = events.connect(browser, "/token-ws/connect", query, Connectionid="another=")

    session = WebSocketSession.objects.get()
    assert page["baseUrl"] == "wss://ws.example.com"
    assert (first.status_code, again.status_code) == (200, 400)
    assert (session.channel_name, session.user.username) == ("dashboard", "ada")


def test_nobody_gets_a_token_without_a_login_or_without_the_pages_csrf_token(route, browser):
    endpoint = open_page(browser)["tokenEndpoint"]
    stranger = Client(enforce_csrf_checks=True)
    open_page(stranger)

    assert fetch_token(stranger, endpoint).status_code == 403
    assert browser.post(endpoint).status_code == 403
    assert fetch_token(browser, endpoint).status_code == 200


def test_a_channel_cannot_break_out_of_the_pages_script(route, browser):
    text = browser.get("/hostile/").content.decode()

    assert text.count("</script>") == 1
    assert 'alert("' not in text


def test_a_page_without_its_route_says_so(browser):
    answer = browser.get("/dashboard/")

    assert answer.status_code == 200
    assert "The route is not configured." in answer.content.decode()
