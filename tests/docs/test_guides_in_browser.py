"""The code that the guides put into pages runs in a browser, through the real gateway."""

import importlib
import json
import re
import runpy
import sys
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import StringIO
from types import SimpleNamespace

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.test import Client
from playwright.sync_api import Browser, Page, expect

from django_aws_api_gateway_websockets.channels import publish
from django_aws_api_gateway_websockets.channels.registry import declared_kinds, unregister
from django_aws_api_gateway_websockets.models import ApiGateway, WebSocketSession, WebSocketToken
from django_aws_api_gateway_websockets.testing import LiveGateway
from tests.docs.guides import FILES, make_app
from tests.docs.pages import ROOT
from tests.waiting import SECONDS, eventually

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser, pytest.mark.slow]

OPEN = """url => new Promise(opened => {
  window.heard = [];
  window.socket = new WebSocket(url);
  socket.onopen = opened;
  socket.onmessage = ({ data }) => heard.push(data);
})"""
LIBRARY = ROOT / "tests/docs/reconnecting_websocket.js"


@dataclass
class Site:
    """The project of a guide, as it is served to a browser."""

    url: str
    gateway: LiveGateway
    browser: Browser

    def open(self, path: str, name: str = "ada") -> Page:
        """Open a page as somebody who is logged in."""
        visitor = Client()
        user, _ = get_user_model().objects.get_or_create(username=name)
        visitor.force_login(user)
        cookie = {"name": "sessionid", "value": visitor.session.session_key, "url": self.url}
        context = self.browser.new_context()
        context.add_cookies([cookie])
        page = context.new_page()
        page.route("**/reconnecting-websocket.js", lambda route: route.fulfill(path=LIBRARY))
        page.goto(f"{self.url}{path}")
        return page

    def set_weather(self, **switches: str) -> None:
        """Let the gateway do what AWS does on a bad day."""
        url = f"{self.gateway.url}/_gateway/weather"
        headers = {"Content-Type": "application/json"}
        body = json.dumps(switches).encode()
        urllib.request.urlopen(urllib.request.Request(url, body, headers)).close()


@pytest.fixture(scope="module", autouse=True)
def _queries_beside_a_running_loop() -> Iterator[None]:
    # Playwright's loop runs in the thread of the test, which Django therefore takes for async.
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        yield


def forget_app() -> None:
    """Let the next guide's `chat` be found anew."""
    for name in [name for name in sys.modules if name.partition(".")[0] in {"chat", "mysite"}]:
        del sys.modules[name]


@pytest.fixture
def site_of(tmp_path, monkeypatch, settings, live_server, browser) -> Iterator[Callable[..., Site]]:
    """Serve the project of a guide, with the real gateway before it."""
    opened: list[LiveGateway] = []
    kinds_before = declared_kinds()

    def serve(guide: str) -> Site:
        make_app(guide, tmp_path)
        forget_app()
        monkeypatch.syspath_prepend(tmp_path)
        settings.INSTALLED_APPS = ["chat", *settings.INSTALLED_APPS]
        settings.ROOT_URLCONF = "mysite.urls"
        settings.WEBSOCKETS = {}
        gateway = LiveGateway(live_server.url)
        gateway.__enter__()
        opened.append(gateway)
        return Site(live_server.url, gateway, browser)

    yield serve
    for context in browser.contexts:
        context.close()
    for gateway in opened:
        gateway.__exit__(None, None, None)
    for kind in declared_kinds():
        if kind not in kinds_before:
            unregister(kind)
    forget_app()


def say(page: Page, text: str) -> None:
    page.fill("[name=text]", text)
    page.get_by_role("button", name="Say").click()


def connected() -> int:
    return WebSocketSession.objects.connected().count()


@pytest.mark.parametrize("path", ["/chat/", "/chat/by-hand/"])
def test_a_page_fetches_a_token_and_talks(site_of, path):
    page = site_of("tokens").open(path)
    eventually(lambda: connected() == 1)

    say(page, "Hello")

    expect(page.locator("#log")).to_have_text("ada: Hello")


@pytest.mark.parametrize(
    ("guide", "path"),
    [
        ("tokens", "/chat/"),
        ("tokens", "/chat/by-hand/"),
        ("client", "/rooms/"),
        ("client", "/rooms/library/"),
    ],
)
def test_a_page_whose_socket_breaks_comes_back(site_of, guide, path):
    site = site_of(guide)
    page = site.open(path)
    eventually(lambda: connected() == 1)
    first = WebSocketSession.objects.get()

    site.set_weather(cut="100%")
    eventually(lambda: not WebSocketSession.objects.filter(pk=first.pk, connected=True))
    site.set_weather(cut="0%")

    assert eventually(lambda: connected() == 1)
    assert WebSocketSession.objects.latest("pk").user.username == "ada"
    assert not page.is_closed()


@pytest.mark.parametrize(
    ("guide", "path"), [("tokens", "/chat/by-hand/"), ("client", "/rooms/library/")]
)
def test_a_page_that_django_has_closed_stays_away(site_of, guide, path):
    page = site_of(guide).open(path)
    eventually(lambda: connected() == 1)
    page.clock.install()

    WebSocketSession.objects.connected().close()
    page.clock.run_for(60_000)

    assert connected() == 0


def test_a_page_reacts_to_each_type_of_message(site_of):
    page = site_of("message-patterns").open("/products/")
    eventually(lambda: connected() == 1)
    sending = importlib.import_module("chat.sending")
    for channel in ("products", "task-1"):
        eventually(lambda name=channel: WebSocketSession.objects.in_channel(name).exists())

    sending.toast(get_user_model().objects.get(), "Saved", "good")
    sending.import_rows(range(250), store=str, task=1)
    sending.rename_product(SimpleNamespace(pk=7, save=str), "Green tea")

    expect(page.locator("#toasts .good")).to_have_text("Saved")
    expect(page.locator("#progress")).to_have_js_property("value", 250)
    expect(page.locator("#progress")).to_have_js_property("max", 250)
    expect(page.locator("#product-7")).to_have_text("Green tea")


def test_a_page_leaves_one_room_for_another_and_is_told_of_a_refusal(site_of):
    site = site_of("client")
    ada, grace = site.open("/rooms/"), site.open("/rooms/", "grace")
    for page in (ada, grace):
        expect(page.locator("#status")).to_have_text("open")
    grace.get_by_role("button", name="Hall").click()
    eventually(lambda: WebSocketSession.objects.in_channel("room-hall").exists())

    say(ada, "Hello")
    expect(ada.locator("#log")).to_contain_text("5 characters said")
    expect(ada.locator("#log")).to_contain_text("ada: Hello")
    say(grace, "Hall")
    expect(grace.locator("#log")).to_contain_text("grace: Hall")
    grace.get_by_role("button", name="Cellar").click()

    expect(grace.locator("#log")).to_contain_text("room-cellar: forbidden")
    expect(grace.locator("#log")).not_to_contain_text("Hello")


def test_a_class_of_the_library_fetches_tokens_and_calls_handlers(site_of):
    page = site_of("client").open("/rooms/library/")

    expect(page.locator("#log")).to_have_text("Hello")


def test_a_program_in_python_listens(site_of, live_server, django_user_model):
    site = site_of("client")
    django_user_model.objects.create_superuser("ada", password="secret")
    listen = runpy.run_path(str(FILES / "client" / "listen.py"))
    program = listen["Site"](live_server.url)

    program.log_in("ada", "secret")
    with program.connect(site.gateway.websocket_url("/ws/"), "room-lobby") as socket:
        importlib.import_module("chat.channels").Room(place="lobby").publish("tea")
        heard = json.loads(socket.recv(timeout=SECONDS))

    assert heard == {"ws": "message", "channel": "room-lobby", "data": "tea"}


@pytest.mark.parametrize("path", ["/orders/", "/orders/mixin/"])
def test_a_template_gives_its_script_what_it_needs(site_of, path):
    page = site_of("templates").open(path)
    eventually(lambda: WebSocketSession.objects.in_channel("orders").exists())

    if path == "/orders/":
        publish("orders", "in orders")

    expect(page.locator("#log")).to_contain_text("orders")


def test_a_route_of_its_own_takes_its_messages_to_its_view(site_of, live_server):
    site = site_of("adding-routes")
    text = (FILES / "adding-routes" / "add_route.py").read_text()
    text = text.replace("https://www.example.com", live_server.url)
    text = text.replace('"Shop"', repr(ApiGateway.objects.get().api_name))
    exec(compile(text, "add_route.py", "exec"), {})
    page = site.open("/static/django_aws_api_gateway_websockets/websockets.js")
    (cookie,) = page.context.cookies()
    ada = get_user_model().objects.get()
    token = WebSocketToken.generate_token(user=ada, session_key=cookie["value"]).token
    url = site.gateway.websocket_url("/ws/").replace("127.0.0.1", "localhost")
    page.evaluate(OPEN, f"{url}?ws_token={token}")

    page.add_script_tag(path=FILES / "adding-routes" / "order.js")

    page.wait_for_function("heard.length")
    assert json.loads(page.evaluate("heard[0]")) == {"ordered": "tea"}


def announce() -> None:
    """Do what a relay beside the site would."""
    call_command("websocketRelay", once=True, stdout=StringIO())


def shown(page: Page) -> str:
    return ", ".join(sorted(page.locator("#here").inner_text().split(", ")))


def test_pages_bind_to_events_trigger_them_and_see_who_is_there(site_of):
    site = site_of("from-pusher")
    team = Group.objects.create(pk=7, name="Tea")
    ada, grace = (get_user_model().objects.create_user(name) for name in ("ada", "grace"))
    team.user_set.add(ada, grace)
    pages = [site.open("/team/", name) for name in ("ada", "grace")]
    for channel in ("private-team-7", "presence-team-7"):
        eventually(lambda name=channel: WebSocketSession.objects.in_channel(name).count() == 2)
    eventually(lambda: announce() or all("ada, grace" in shown(page) for page in pages))

    importlib.import_module("chat.events").trigger("private-team-7", "news", {"text": "Tea"})
    pages[0].fill("#text", "H")

    assert [shown(page) for page in pages] == ["ada, grace"] * 2
    expect(pages[1].locator("#news")).to_have_text("Tea")
    expect(pages[1].locator("#typing")).to_have_text("Somebody is typing")


def test_a_page_shows_that_the_network_is_away_and_why_it_waits(site_of):
    site = site_of("client")
    page = site.open("/rooms/")
    status = page.locator("#status")
    expect(status).to_have_text("open")

    page.context.set_offline(True)
    expect(status).to_have_text("offline")
    page.context.set_offline(False)
    expect(status).to_have_text("open")

    site.set_weather(cut="100%")
    expect(status).to_have_text(re.compile(r".+, again in \d+(\.\d+)? s"))
