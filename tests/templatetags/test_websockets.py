"""The tags write the client's options into a page."""

import json
import re

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpResponse
from django.template import TemplateSyntaxError, engines
from django.test import Client, RequestFactory, override_settings
from django.urls import clear_url_caches, include, path
from django.views import View

from django_aws_api_gateway_websockets import channels
from django_aws_api_gateway_websockets.models import ApiGateway, ApiGatewayAdditionalRoute
from django_aws_api_gateway_websockets.views import WebSocketTokenView
from tests.project.views import OpenView, TokenView

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

URL = "wss://a1b2c3d4e5.execute-api.us-east-1.amazonaws.com/production"
ELEMENT = re.compile(
    r'<script type="application/json" id="websocket-client"(?: nonce="(?P<nonce>[^"]*)")?>'
    r"(?P<json>[^<>]*)</script>"
)


class OwnKeyView(TokenView):
    route_selection_key = "kind"


class PageView(View):
    def get(self, request):
        return HttpResponse(render("{% websocket_client %}", request=request))


urlpatterns = [
    path("open/<slug:route>", OpenView.as_view()),
    path("closed/<slug:route>", OpenView.as_view(USE_WS_TOKEN=True)),
    path("own/<slug:route>", OwnKeyView.as_view()),
    path("page/", PageView.as_view()),
    path("tenants/<slug:tenant>/token/", WebSocketTokenView.as_view()),
    path("other/token/", WebSocketTokenView.as_view(aws_api_gateway_id="zzzzzzzzzz")),
    path("api v1/", include(([path("token/", WebSocketTokenView.as_view())], "tokens"))),
]


@pytest.fixture(autouse=True)
def urls(settings):
    settings.ROOT_URLCONF = __name__
    clear_url_caches()


@pytest.fixture
def serve(api_gateway):
    """Lets the API's events go to a path."""

    def to(path):
        endpoint = f"https://www.example.com{path}"
        ApiGateway.objects.filter(pk=api_gateway.pk).update(target_base_endpoint=endpoint)

    return to


def render(tag, request=None, **context):
    template = engines["django"].from_string("{% load websockets %}" + tag)
    return template.render(context, request or RequestFactory().get("/"))


def written(tag, **context):
    found = ELEMENT.fullmatch(render(tag, **context))
    assert found is not None
    return json.loads(found["json"])


def test_the_client_gets_everything_it_reads(api_gateway, serve):
    serve("/closed/")

    assert render('{% websocket_client channels="room-7" %}') == (
        '<script type="application/json" id="websocket-client">'
        f'{{"url": "{URL}", "tokenUrl": "/api%20v1/token/", "tokenParameter": "ws_token", '
        '"selectionKey": "action", "grace": 0, "channels": {"room-7": null}}</script>'
    )


def test_a_view_that_anybody_may_connect_to_has_no_token(serve):
    serve("/open/")

    assert written("{% websocket_client %}")["tokenUrl"] is None


def test_the_name_of_the_key_is_that_of_the_view_behind_the_api(serve):
    serve("/own/")

    assert written("{% websocket_client %}")["selectionKey"] == "kind"


def test_a_pinned_token_view_is_taken_for_its_own_api_alone(api_gateway, serve):
    serve("/own/")
    assert written("{% websocket_client %}")["tokenUrl"] == "/api%20v1/token/"

    ApiGateway.objects.update(api_id="zzzzzzzzzz")

    assert written("{% websocket_client %}")["tokenUrl"] == "/other/token/"


def test_a_project_with_a_token_view_of_its_own_names_it(serve):
    serve("/closed/")

    options = written("{% websocket_client token_url=mine %}", mine="/my/token/")

    assert options["tokenUrl"] == "/my/token/"


def test_an_api_whose_address_leads_nowhere_gets_the_only_view_there_is(api_gateway, settings):
    settings.ROOT_URLCONF = "tests.templatetags.one_view"
    api_gateway.target_base_endpoint = "https://www.example.com/prefix/elsewhere/"
    api_gateway.save(push_to_aws=False)

    assert written("{% websocket_client %}")["selectionKey"] == "verb"


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        ("", []),
        ("channels=None", []),
        ('"room-7"', ["room-7"]),
        ('"room-7" "news"', ["room-7", "news"]),
        ('"room-7" channels="room-7"', ["room-7"]),
        ("channels=rooms", ["room-1", "room-2"]),
        ("channels=room", ["room-3"]),
        ("channels=room.name", ["room-3"]),
    ],
)
def test_channels_are_named_one_by_one_or_as_a_list(api_gateway, arguments, names):
    values = {"rooms": ["room-1", channels.channel("room-2")], "room": channels.channel("room-3")}

    options = written("{% websocket_client " + arguments + " %}", **values)

    assert options["channels"] == dict.fromkeys(names)


def test_a_variable_that_is_missing_is_no_channel(api_gateway):
    with pytest.raises(TemplateSyntaxError, match=r"\{% websocket_client %\}: '' is no name"):
        render("{% websocket_client channels=room.title %}")
    with pytest.raises(TemplateSyntaxError, match=r"\{% websocket_url %\}: '' is no name"):
        render("{% websocket_url channel=room.title %}")


def test_nothing_in_a_name_ends_the_element(api_gateway):
    name = '</script><script>alert("&'

    options = written("{% websocket_client channels=name %}", name=name)

    assert list(options["channels"]) == [name]


@pytest.mark.parametrize("on_request", [True, False])
def test_the_nonce_of_the_page_is_written(api_gateway, on_request):
    request = RequestFactory().get("/")
    context = {} if on_request else {"csp_nonce": 'n0n"ce'}
    if on_request:
        request.csp_nonce = 'n0n"ce'

    found = ELEMENT.fullmatch(render("{% websocket_client %}", request=request, **context))

    assert found["nonce"] == "n0n&quot;ce"


def test_a_nonce_nobody_has_asked_for_yet_is_made():
    class LazyNonce:
        def __bool__(self):
            return False

        def __str__(self):
            return "made now"

    ApiGateway.objects.create(api_name="A", api_id="a", api_endpoint="wss://a.example.com")

    assert 'nonce="made now"' in render("{% websocket_client %}", csp_nonce=LazyNonce())


def test_a_page_that_fetches_tokens_gets_the_cookie_for_it(serve):
    serve("/closed/")
    assert "csrftoken" in Client().get("/page/").cookies
    serve("/open/")
    assert "csrftoken" not in Client().get("/page/").cookies


def test_other_names_of_the_csrf_cookie_and_header_are_told(serve):
    serve("/closed/")
    names = {"CSRF_COOKIE_NAME": "xsrf", "CSRF_HEADER_NAME": "HTTP_X_XSRF_TOKEN"}

    with override_settings(CSRF_COOKIE_HTTPONLY=True, **names):
        options = written("{% websocket_client %}")

    assert (options["csrfCookie"], options["csrfHeader"]) == ("xsrf", "X-XSRF-TOKEN")
    assert len(options["csrfToken"]) == 64


@pytest.mark.parametrize(
    ("arguments", "query"), [("", ""), ('channel="a b&c"', "?channel=a%20b%26c")]
)
def test_a_page_that_connects_by_itself_gets_the_address(api_gateway, arguments, query):
    assert render("{% websocket_url " + arguments + " %}") == URL + query
    assert render("{% websocket_url " + arguments + " as url %}[{{ url }}]") == f"[{URL}{query}]"


def test_the_local_gateway_is_addressed_by_the_host_of_the_page(api_gateway, settings):
    settings.WEBSOCKETS = {"local_gateway": True}
    request = RequestFactory().get("/", headers={"Host": "localhost:8000"})

    assert render("{% websocket_url %}", request=request).startswith("ws://localhost:8001/")


def test_the_route_of_a_mixin_decides_about_the_api(api_gateway):
    other = ApiGateway.objects.create(
        api_name="Other", api_id="o", api_endpoint="wss://o.example.com"
    )
    route = ApiGatewayAdditionalRoute(api_gateway=other, route_key="x")

    assert render("{% websocket_url %}", api_gateway_route=route).startswith("wss://o.example.com/")
    named = render('{% websocket_url api="Test API" %}', api_gateway_route=route)
    assert named == URL


@pytest.mark.parametrize("tag", ["websocket_url", "websocket_client token_url='/token/'"])
def test_without_an_api_a_developer_is_told_and_a_visitor_gets_the_page(tag, settings, caplog):
    assert URL not in render("{% " + tag + " %}")
    assert "none exists yet: create one with create_gateway()" in caplog.text

    settings.DEBUG = True
    with pytest.raises(ImproperlyConfigured, match="none exists yet"):
        render("{% " + tag + " %}")


def test_of_several_apis_a_page_has_to_name_one(api_gateway, settings, caplog):
    ApiGateway.objects.create(api_name="Other", api_id="o", api_endpoint="wss://o.example.com")
    ApiGateway.objects.create(api_name="Not created yet")

    assert render("{% websocket_url %}") == URL
    assert "There are several APIs, 'Test API', 'Other'," in caplog.text
    assert "o.example.com" in render('{% websocket_url api="Other" %}')
    settings.DEBUG = True
    with pytest.raises(ImproperlyConfigured, match="several APIs"):
        render("{% websocket_url %}")
    with pytest.raises(ImproperlyConfigured, match="No ApiGateway has the name 'Shop'"):
        render('{% websocket_url api="Shop" %}')
    with pytest.raises(ImproperlyConfigured, match="'Not created yet' has no address yet"):
        render('{% websocket_url api="Not created yet" %}')


def test_a_view_that_wants_tokens_nobody_gives_is_told_of(api_gateway, settings):
    settings.ROOT_URLCONF = "tests.templatetags.one_view"
    settings.DEBUG = True

    with pytest.raises(ImproperlyConfigured, match="no WebSocketTokenView is routed"):
        render("{% websocket_client %}")


def test_a_tag_costs_one_statement(api_gateway, django_assert_num_queries):
    with django_assert_num_queries(1):
        render('{% websocket_client "room-7" "news" %}')
    with django_assert_num_queries(0):
        render("{% websocket_client api=api %}", api=api_gateway)
