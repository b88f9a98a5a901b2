"""A view may have properties as attributes; the tags' tests have the rest."""

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.urls import clear_url_caches, path

from django_aws_api_gateway_websockets.management.terminal.dialler import Dialler
from django_aws_api_gateway_websockets.models import ApiGateway
from django_aws_api_gateway_websockets.receiving.page_options import (
    make_page_options,
    selection_key_of,
)
from django_aws_api_gateway_websockets.views import WebSocketView

pytestmark = pytest.mark.django_db


class OpenView(WebSocketView):
    needs_login = False

    @property
    def USE_WS_TOKEN(self):  # noqa: N802 - it stands in for the attribute.
        return self.needs_login

    @property
    def route_selection_key(self):
        return "kind"


class AskingView(WebSocketView):
    @property
    def USE_WS_TOKEN(self):  # noqa: N802 - likewise.
        return self.request.user.is_staff

    @property
    def route_selection_key(self):
        return self.request.GET["key"]


urlpatterns = [
    path("open/<slug:route>", OpenView.as_view()),
    path("closed/<slug:route>", OpenView.as_view(needs_login=True)),
    path("asking/<slug:route>", AskingView.as_view()),
]


@pytest.fixture
def api_at(settings, api_gateway):
    """Lets the API's events go to a path."""
    settings.ROOT_URLCONF = __name__
    settings.DEBUG = True
    clear_url_caches()

    def at(place):
        endpoint = f"https://www.example.com/{place}/"
        ApiGateway.objects.filter(pk=api_gateway.pk).update(target_base_endpoint=endpoint)
        api_gateway.refresh_from_db()
        return api_gateway

    yield at
    clear_url_caches()


@pytest.mark.parametrize("place", ["open", "asking"])
def test_a_token_is_not_demanded_where_a_property_does_not_say_so(api_at, place):
    api = api_at(place)

    assert make_page_options(api, None)["tokenUrl"] is None
    Dialler(api, site="", headers={}).log_in("")


def test_a_property_that_says_so_demands_a_token(api_at):
    with pytest.raises(ImproperlyConfigured, match="OpenView wants a token"):
        make_page_options(api_at("closed"), None)


def test_the_key_of_a_property_is_that_of_an_object_or_else_the_usual_one():
    assert selection_key_of(urlpatterns[0].callback) == "kind"
    assert selection_key_of(urlpatterns[2].callback) == "action"
