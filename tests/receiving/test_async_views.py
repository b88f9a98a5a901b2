"""Async handlers and hooks, under a real ASGI server and under WSGI."""

import asyncio
import json
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest
import uvicorn
from asgiref.sync import iscoroutinefunction
from django.contrib.auth import get_user_model
from django.core.asgi import get_asgi_application
from django.http import HttpResponseForbidden, JsonResponse
from django.test import Client
from django.urls import include, path
from django.utils.decorators import method_decorator
from django.views.decorators.csrf import csrf_exempt

from django_aws_api_gateway_websockets.models import WebSocketSession
from django_aws_api_gateway_websockets.views import WebSocketView
from tests import events
from tests.project.views import LiveView
from tests.stack import answer, ask, make_stack
from tests.statements import statements_of_a_message
from tests.waiting import SECONDS, eventually

pytestmark = pytest.mark.django_db(transaction=True)

MEETING = 20


class PlainView(WebSocketView):
    """Nothing async in it."""

    USE_WS_TOKEN = False
    RATE_LIMIT_ENABLED = False

    def where(self, request, *args, **kwargs):
        return JsonResponse({"thread": threading.get_ident()})


class MixedView(PlainView):
    """Plain and async side by side; inherits what is plain."""

    ADDITIONAL_ALLOWED_HANDLERS = ("where",)
    arrived = 0

    async def where_async(self, request, *args, **kwargs):
        return JsonResponse({"thread": threading.get_ident()})

    async def meet(self, request, *args, **kwargs):
        type(self).arrived += 1
        while self.arrived < MEETING:
            await asyncio.sleep(0.01)
        return JsonResponse({"arrived": self.arrived})

    async def who(self, request, *args, **kwargs):
        user = await request.auser()
        return JsonResponse({"user": request.user.get_username(), "auser": user.get_username()})

    async def echo(self, request, *args, **kwargs):
        await self.websocket_session.asend_message({"you sent": self.body["text"]})

    async def broken(self, request, *args, **kwargs):
        raise LookupError("the handler broke")

    def plain(self, request, *args, **kwargs):
        return JsonResponse({"sessions": WebSocketSession.objects.count()})


class HookedView(PlainView):
    """Async where the package asks the project."""

    async def can_join_channel(self, request, channel_name):
        await asyncio.sleep(0)
        return (
            channel_name != "closed"
            and not await WebSocketSession.objects.filter(channel_name=channel_name).aexists()
        )

    async def _additional_connection_checks(self, request, *args, **kwargs):
        return request.GET.get("age") != "7", "Too young"

    async def permission_denied(self, request, *args, **kwargs):
        return HttpResponseForbidden("Not today")


@method_decorator(csrf_exempt, name="dispatch")
class MarkedView(PlainView):
    """Looks at each answer; all else is plain."""

    ADDITIONAL_ALLOWED_HANDLERS = ("where",)

    async def dispatch(self, request, *args, **kwargs):
        answer = await super().dispatch(request, *args, **kwargs)
        answer.headers["X-Served-By"] = "chat"
        return answer


urlpatterns = [
    path("marked-ws/<slug:route>", MarkedView.as_view()),
    path("", include("tests.project.urls")),
    path("plain-ws/<slug:route>", PlainView.as_view()),
    path("mixed-ws/<slug:route>", MixedView.as_view()),
    path("hooked-ws/<slug:route>", HookedView.as_view()),
]


@pytest.fixture(autouse=True)
def _urls(settings):
    settings.ROOT_URLCONF = __name__
    MixedView.arrived = 0


@pytest.fixture
def asgi_site() -> Iterator[SimpleNamespace]:
    """The project under uvicorn; the loop of the server runs in a thread of its own."""
    config = uvicorn.Config(get_asgi_application(), port=0, lifespan="off", log_level="warning")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        assert eventually(lambda: server.started)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield SimpleNamespace(url=f"http://127.0.0.1:{port}", loop_thread=thread.ident)
    finally:
        server.should_exit = True
        thread.join(SECONDS)
    assert not thread.is_alive()


@pytest.fixture
def session(api_gateway) -> WebSocketSession:
    return WebSocketSession.objects.create(
        connection_id=events.CONNECTION_ID, api_gateway=api_gateway
    )


def post(site, url: str, message: dict, **headers: str) -> dict:
    headers = {**events.COMMON_HEADERS, "Content-Type": "application/json", **headers}
    request = urllib.request.Request(site.url + url, json.dumps(message).encode(), headers)
    with urllib.request.urlopen(request, timeout=SECONDS * 3) as response:
        return json.load(response)


def test_a_view_says_whether_a_method_of_it_is_async():
    views = (PlainView, LiveView, HookedView, MixedView)

    assert [view.view_is_async for view in views] == [False, False, True, True]
    assert [iscoroutinefunction(view.as_view()) for view in views] == [
        view.view_is_async for view in views
    ]


def test_async_handlers_run_in_the_loop_of_the_server_all_at_once(asgi_site, session):
    thread = post(asgi_site, "/mixed-ws/default", {"action": "where_async"})["thread"]
    with ThreadPoolExecutor(MEETING) as pool:
        met = list(
            pool.map(
                lambda _: post(asgi_site, "/mixed-ws/default", {"action": "meet"}), range(MEETING)
            )
        )

    assert thread == asgi_site.loop_thread
    assert met == [{"arrived": MEETING}] * MEETING
    session.refresh_from_db()
    assert session.request_count == 1 + 1 + MEETING


@pytest.mark.parametrize("url", ["/plain-ws/default", "/mixed-ws/default"])
def test_plain_handlers_never_run_in_the_loop(asgi_site, session, url):
    assert post(asgi_site, url, {"action": "where"})["thread"] != asgi_site.loop_thread


def test_a_plain_handler_of_an_async_view_uses_the_database_as_ever(asgi_site, session, client):
    assert post(asgi_site, "/mixed-ws/default", {"action": "plain"}) == {"sessions": 1}
    assert events.message(client, {"action": "plain"}, "/mixed-ws/default").json() == {
        "sessions": 1
    }


def test_a_message_reaches_an_async_handler_under_asgi_and_its_answer_the_page(
    asgi_site, local_gateway
):
    stack = make_stack(asgi_site, "/mixed-ws/")

    with stack.connect(channel="general") as socket:
        ask(socket, action="echo", text="Zoë")
        assert answer(socket) == {"you sent": "Zoë"}
    assert eventually(lambda: not WebSocketSession.objects.get().connected)


@pytest.mark.parametrize("handler", ["where_async", "where"])
def test_a_message_of_an_async_view_costs_as_many_statements(
    client, session, handler, django_assert_num_queries
):
    with django_assert_num_queries(statements_of_a_message()):
        assert events.message(client, {"action": handler}, "/mixed-ws/default").status_code == 200


def test_an_async_handler_sees_the_user_who_connected_whatever_cookie_comes_along(
    asgi_site, session, client
):
    users = get_user_model().objects
    WebSocketSession.objects.update(user=users.create_user("ada"))
    client.force_login(users.create_user("mallory"))
    cookie = f"sessionid={client.session.session_key}"

    under_wsgi = events.message(client, {"action": "who"}, "/mixed-ws/default").json()
    under_asgi = post(asgi_site, "/mixed-ws/default", {"action": "who"}, Cookie=cookie)

    assert under_wsgi == under_asgi == {"user": "ada", "auser": "ada"}


def test_a_failing_async_handler_is_logged_and_answers_500(client, session, caplog):
    client.raise_request_exception = False

    answered = events.message(client, {"action": "broken"}, "/mixed-ws/default")

    assert answered.status_code == 500
    assert "The handler broken of MixedView failed. LookupError: the handler broke" in caplog.text
    assert [record.name for record in caplog.records if record.exc_info] == ["django.request"]


def test_a_failing_async_handler_is_one_traceback_under_asgi(asgi_site, session, caplog):
    with pytest.raises(urllib.error.HTTPError, match="500") as responded:
        post(asgi_site, "/mixed-ws/default", {"action": "broken"})
    responded.value.close()

    assert caplog.text.count("The handler broken of MixedView failed. LookupError: ") == 1
    assert [record.name for record in caplog.records if record.exc_info] == ["django.request"]


HOOKED = [
    ("?channel=open", 200, b"{}"),
    ("?channel=closed", 403, b"Not today"),
    ("?channel=open&age=7", 400, b"Too young"),
]


@pytest.mark.parametrize(("query", "status", "body"), HOOKED)
def test_async_hooks_are_waited_for_under_wsgi(client, api_gateway, query, status, body):
    answered = events.connect(client, "/hooked-ws/connect", query)

    assert (answered.status_code, answered.content) == (status, body)


@pytest.mark.parametrize(("query", "status", "body"), HOOKED)
def test_async_hooks_are_waited_for_under_asgi(asgi_site, api_gateway, query, status, body):
    request = urllib.request.Request(
        f"{asgi_site.url}/hooked-ws/connect{query}",
        b"",
        {**events.COMMON_HEADERS, **events.HANDSHAKE_HEADERS, "Cookie": "a=b"},
    )
    try:
        with urllib.request.urlopen(request, timeout=SECONDS) as response:
            answered = response.status, response.read()
    except urllib.error.HTTPError as error:
        with error:
            answered = error.code, error.read()

    assert answered == (status, body)


def test_an_async_dispatch_may_look_at_the_answer(api_gateway, asgi_site):
    client = Client(enforce_csrf_checks=True)

    answer = events.connect(client, "/marked-ws/connect")

    assert (answer.status_code, answer.headers["X-Served-By"]) == (200, "chat")
    in_thread = post(asgi_site, "/marked-ws/default", {"action": "where"})
    assert in_thread["thread"] != asgi_site.loop_thread
