import pytest
from django.template import engines
from django.test import RequestFactory, override_settings
from django.urls import path
from django.views.generic import TemplateView

from django_aws_api_gateway_websockets.mixins import (
    AddWebSocketRouteToContextMixin,
    AppChannelWebSocketMixin,
)
from django_aws_api_gateway_websockets.models import (
    ApiGateway,
    ApiGatewayAdditionalRoute,
    WebSocketSession,
)
from tests import events

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

TEMPLATE = (
    "{% if api_gateway_route %}{% with api_gateway_route.api_gateway as websocket %}"
    "wss://{{ websocket.domain_name }}?channel={{ channel_name|urlencode }}"
    "{% endwith %}{% else %}not configured{% endif %}"
)


class DashboardView(AddWebSocketRouteToContextMixin, TemplateView):
    template_name = "unused"
    websocket_route_key = "dashboard"
    channel_name = "dash board"
    extra_context = {"title": "Dashboard"}  # noqa: RUF012 - Django's own attribute.


class AppView(AppChannelWebSocketMixin, TemplateView):
    template_name = "unused"


class PublicView(AppView):
    app_channel_override = "public_blog"


urlpatterns = [path("app/", AppView.as_view()), path("public/", PublicView.as_view())]


def make_route(key: str, name: str = "One") -> ApiGatewayAdditionalRoute:
    gateway = ApiGateway.objects.create(api_name=name, domain_name=f"{name.lower()}.example.com")
    return ApiGatewayAdditionalRoute.objects.create(
        api_gateway=gateway, name=key, route_key=key, integration_url="https://www.example.com/x/"
    )


def add_route(gateway: ApiGateway) -> None:
    route = ApiGatewayAdditionalRoute(
        api_gateway=gateway, name="x", route_key="dashboard", integration_url="https://x.test/"
    )
    route.save(push_to_aws=False)


def context_of(view_class, url="/app/"):
    view = view_class()
    view.setup(RequestFactory().get(url))
    return view.get_context_data()


def rendered(context) -> str:
    return engines["django"].from_string(TEMPLATE).render(context)


def test_a_page_learns_its_route_domain_and_channel_with_one_query(django_assert_num_queries):
    route = make_route("dashboard")
    make_route("dashboard", "Two")

    with django_assert_num_queries(1):
        context = context_of(DashboardView)
        text = rendered(context)

    assert context["api_gateway_route"] == route
    assert context["title"] == "Dashboard"
    assert text == "wss://one.example.com?channel=dash%20board"


def test_a_page_without_its_route_can_say_so():
    context = context_of(DashboardView)

    assert context["api_gateway_route"] is None
    assert rendered(context) == "not configured"


@pytest.mark.parametrize(
    ("module", "app", "channel"),
    [
        ("blog.views", "blog", "blog"),
        ("shop.chat.views", "shop.chat", "shop-chat"),
        ("shop.chat.views.index", "shop.chat", "shop-chat"),
        ("blog.views.index", "blog", "blog"),
        ("views", "views", "views"),
    ],
)
def test_the_app_of_a_view_is_its_route_key_and_its_channel(
    settings, monkeypatch, module, app, channel
):
    settings.ROOT_URLCONF = __name__
    monkeypatch.setattr(AppView, "__module__", module)
    monkeypatch.setattr(PublicView, "__module__", module)
    route = make_route(app)

    context, public = context_of(AppView), context_of(PublicView, "/public/")

    assert (context["api_gateway_route"], context["channel_name"]) == (route, channel)
    assert (public["api_gateway_route"], public["channel_name"]) == (route, "public_blog")


def test_the_channel_of_a_nested_app_can_be_joined(client, api_gateway, monkeypatch):
    monkeypatch.setattr(AppView, "__module__", "shop.chat.views")
    with override_settings(ROOT_URLCONF=__name__):
        channel = context_of(AppView)["channel_name"]

    answer = events.connect(client, query=f"?channel={channel}")

    assert answer.status_code == 200
    assert WebSocketSession.objects.get().channel_name == channel


def test_a_page_has_the_address_of_its_routes_api_and_reads_it_only_where_it_is_used(
    api_gateway, django_assert_num_queries
):
    add_route(api_gateway)
    ApiGateway.objects.create(api_name="Other", api_id="o", api_endpoint="wss://o.example.com")
    template = engines["django"].from_string("{{ websocket_url }}?channel={{ channel_name }}")

    with django_assert_num_queries(1):
        text = template.render(context_of(DashboardView))

    address = "wss://a1b2c3d4e5.execute-api.us-east-1.amazonaws.com/production"
    assert text == f"{address}?channel=dash board"


def test_a_page_without_its_route_has_the_address_of_the_only_api(api_gateway):
    assert str(context_of(DashboardView)["websocket_url"]).endswith("amazonaws.com/production")


def test_a_value_of_that_name_which_a_page_has_already_stays(api_gateway):
    class OwnView(DashboardView):
        extra_context = {"websocket_url": "wss://mine.example.com"}  # noqa: RUF012

    assert context_of(OwnView)["websocket_url"] == "wss://mine.example.com"


ROUTE = "{% if api_gateway_route %}{% with api_gateway_route.api_gateway as websocket %}"
END = "{% endwith %}{% endif %}"
PRINTED_PAGES = {
    "wss://{{ websocket.domain_name }}?channel={{ channel_name|urlencode }}": (
        "wss://ws.example.com?channel=dash%20board"
    ),
    'baseUrl: "wss://{{ websocket.domain_name|escapejs }}"': 'baseUrl: "wss://ws.example.com"',
    'channel: "{{ channel_name|escapejs }}"': 'channel: "dash board"',
    "tokenEndpoint: \"{% url 'websocket_token' %}\"": 'tokenEndpoint: "/api/ws-token/"',
}


@pytest.mark.parametrize("page", PRINTED_PAGES)
def test_pages_of_earlier_documents_work_as_printed(api_gateway, page):
    api_gateway.domain_name, api_gateway.custom_domain_created = "ws.example.com", True
    api_gateway.save(push_to_aws=False)
    add_route(api_gateway)
    context = context_of(DashboardView)

    assert (
        engines["django"].from_string(f"{ROUTE}{page}{END}").render(context) == PRINTED_PAGES[page]
    )
    # The page's own address and the one in the context are the same where that domain exists.
    assert str(context["websocket_url"]) == "wss://ws.example.com"
