"""The APIs of a later start: URLs renamed, views added, records made by hand."""

import pytest
from django.http import HttpResponse
from django.urls import clear_url_caches, path, re_path

from django_aws_api_gateway_websockets.management.project_apis import register_apis
from django_aws_api_gateway_websockets.models import ApiGateway, ApiGatewayAdditionalRoute
from django_aws_api_gateway_websockets.views import WebSocketView
from tests.provisioning.judge import Judge

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

BACKEND = "http://127.0.0.1:8765"

urlpatterns = []


class EchoView(WebSocketView):
    pass


class OtherView(WebSocketView):
    pass


class ÉchoView(WebSocketView):  # noqa: PLC2401 - a name AWS does not take.
    pass


def page(request, **kwargs):
    return HttpResponse()


@pytest.fixture
def route(settings, monkeypatch):
    settings.ROOT_URLCONF = __name__

    def put(*patterns):
        monkeypatch.setitem(globals(), "urlpatterns", list(patterns))
        clear_url_caches()

    yield put
    clear_url_caches()


@pytest.fixture
def start(local_gateway):
    """Start as `runserver` does; gives what the terminal is told."""
    yield lambda: list(register_apis(BACKEND))
    judge = Judge(local_gateway)
    for api_id in ApiGateway.objects.exclude(api_id="").values_list("api_id", flat=True):
        judge.client.delete_api(ApiId=api_id)


@pytest.fixture
def judge(local_gateway):
    return Judge(local_gateway)


def connect_url(judge, name="EchoView"):
    return judge.urls(ApiGateway.objects.get(api_name=name).api_id)["$connect"]


def test_the_address_of_a_view_can_be_read_and_stays_the_same(route, start, local_gateway):
    route(path("ws/<slug:route>", EchoView.as_view()))

    base = local_gateway.replace("http", "ws")
    line = f"EchoView is served at {base}/_aws/execute-api/echoview/production."
    assert start() == [line]
    assert start() == [line]


def test_a_path_that_is_renamed_takes_its_api_along(route, start, judge):
    route(path("ws/<slug:route>", EchoView.as_view()))
    start()

    route(path("sockets/<slug:route>", EchoView.as_view()))
    (line,) = start()

    assert "EchoView is served at" in line
    assert connect_url(judge) == f"{BACKEND}/sockets/connect"
    assert ApiGateway.objects.get().target_base_endpoint == f"{BACKEND}/sockets/"


def test_a_view_that_is_renamed_with_its_path_takes_its_api_along(route, start, judge):
    route(path("ws/<slug:route>", EchoView.as_view()))
    start()

    route(path("sockets/<slug:route>", OtherView.as_view()))

    assert [line.split(" at ")[0] for line in start()] == ["OtherView is served"]
    assert connect_url(judge, "OtherView") == f"{BACKEND}/sockets/connect"


def test_a_view_that_is_added_is_served(route, start, judge):
    first = path("ws/<slug:route>", EchoView.as_view())
    route(first)
    start()

    route(first, path("other/<slug:route>", OtherView.as_view()))

    assert [line.split(" at ")[0] for line in start()] == [
        "EchoView is served",
        "OtherView is served",
    ]
    assert connect_url(judge, "OtherView") == f"{BACKEND}/other/connect"


def test_one_view_at_two_paths_has_two_apis(route, start, judge):
    route(
        path("a/<slug:route>", EchoView.as_view()),
        path("b/<slug:route>", EchoView.as_view()),
    )

    assert len(start()) == 2
    assert connect_url(judge) == f"{BACKEND}/a/connect"
    assert connect_url(judge, "EchoView 2") == f"{BACKEND}/b/connect"


def test_a_name_aws_does_not_take_is_written_without_its_letters(route, start):
    route(path("ws/<slug:route>", ÉchoView.as_view()))

    assert [line.split(" at ")[0] for line in start()] == ["choView is served"]


def test_an_id_that_another_project_has_in_the_gateway_is_not_taken(route, start, judge):
    judge.client.create_api(
        Name="Theirs",
        ProtocolType="WEBSOCKET",
        RouteSelectionExpression="$request.body.action",
        Tags={"_custom_id_": "echoview"},
    )
    route(path("ws/<slug:route>", EchoView.as_view()))

    assert "EchoView is served" in start()[0]
    assert ApiGateway.objects.get().api_id != "echoview"
    judge.client.delete_api(ApiId="echoview")


def test_a_host_the_project_does_not_allow_is_said(route, start, settings):
    settings.WEBSOCKETS = {**settings.WEBSOCKETS, "allowed_integration_hosts": "www.example.com"}
    route(path("ws/<slug:route>", EchoView.as_view()))

    (line,) = start()

    assert "EchoView is not served: This host is not among the hosts" in line


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        (path("ws/<slug:route>/", EchoView.as_view()), "'/' follows the route"),
        (path("ws/<slug:slug>", EchoView.as_view()), "Rename 'slug' to 'route'"),
        (path("ws/", EchoView.as_view()), "Use path('ws/<slug:route>', …)"),
        (path("ws/<int:route>", EchoView.as_view()), "no URL matches '/ws/connect'"),
        (path("<slug:tenant>/ws/<slug:route>", EchoView.as_view()), "Create an ApiGateway for"),
    ],
)
def test_a_view_nobody_could_connect_to_is_not_called_served(route, start, pattern, reason):
    route(pattern)

    (line,) = start()

    assert line.startswith("EchoView is not served: ")
    assert reason in line
    assert not ApiGateway.objects.exists()


def test_an_expression_is_read_for_the_paths_it_matches(route, start, judge):
    route(re_path(r"^ws/(?P<route>[-\w]+)$", EchoView.as_view()))

    assert "EchoView is served at" in start()[0]
    assert connect_url(judge) == f"{BACKEND}/ws/connect"


class TestRecordsMadeByHand:
    @pytest.fixture(autouse=True)
    def record(self):
        return ApiGateway.objects.create(
            api_name="Shop", target_base_endpoint="https://www.example.com/ws/"
        )

    def test_one_whose_path_leads_nowhere_is_told_so_and_not_changed(self, route, start, record):
        route(path("sockets/<slug:route>", EchoView.as_view()))

        missing, line = start()

        assert "EchoView is not served: no ApiGateway has the target_base_endpoint" in missing
        assert f"{BACKEND}/sockets/" in missing
        assert "Shop is in the gateway at ws://" in line
        assert "nobody can connect: no URL matches '/ws/connect'" in line
        record.refresh_from_db()
        assert record.target_base_endpoint == "https://www.example.com/ws/"

    def test_one_whose_path_leads_to_another_view_is_told_which(self, route, start):
        route(path("ws/<slug:name>", page))

        assert "leads to tests.management.test_project_apis.page" in start()[0]

    def test_a_view_that_is_added_is_mentioned(self, route, start):
        route(
            path("ws/<slug:route>", EchoView.as_view()),
            path("other/<slug:route>", OtherView.as_view()),
        )

        missing, line = start()

        assert "OtherView is not served: no ApiGateway" in missing
        assert "Shop is served at" in line

    def test_the_address_of_one_value_reaches_a_view_with_values(self, route, start):
        ApiGateway.objects.update(target_base_endpoint="https://www.example.com/acme/ws/")
        route(path("<slug:tenant>/ws/<slug:route>", EchoView.as_view()))

        (line,) = start()

        assert "Shop is served at" in line

    def test_an_additional_route_that_leads_nowhere_is_named(self, route, start, record):
        for key, path_ in (("chat", "/ws/default"), ("talk", "/talk/")):
            ApiGatewayAdditionalRoute.objects.create(
                api_gateway=record,
                name=key,
                route_key=key,
                integration_url=f"https://www.example.com{path_}",
            )
        route(path("ws/<slug:route>", EchoView.as_view()))

        served, lost = start()

        assert "Shop is served at" in served
        assert lost.startswith(
            "Messages for the route talk of Shop are lost: no URL matches '/talk/'"
        )
