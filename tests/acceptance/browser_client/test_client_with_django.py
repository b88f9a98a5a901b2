"""The browser client in Chromium, in front of a Django of this package behind the local gateway."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from django_aws_api_gateway_websockets import channels
from django_aws_api_gateway_websockets.channels import Channel, relay
from django_aws_api_gateway_websockets.channels.members import GRACE
from django_aws_api_gateway_websockets.channels.registry import unregister
from django_aws_api_gateway_websockets.models import (
    ChannelState,
    WebSocketSession,
    WebSocketToken,
)
from tests.gateway.processes import gateway_process
from tests.stack import make_stack
from tests.waiting import eventually

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SHOWN_IN_MS = 20_000
ROOM = "room-7"
Visit = Callable[..., Page]


@pytest.fixture(scope="module", autouse=True)
def _queries_beside_a_running_loop() -> Iterator[None]:
    # Playwright's loop runs in the thread of the test, which Django therefore takes for async.
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        yield


@pytest.fixture(autouse=True)
def _room(settings) -> Iterator[None]:
    settings.ROOT_URLCONF = "tests.acceptance.browser_client.django_site"

    class Room(Channel):
        pattern = "room-<int:pk>"
        presence = True

        def may_subscribe(self, user):
            return user.is_authenticated

    yield
    unregister(Room)


@pytest.fixture
def visit(live_server, browser: Browser) -> Iterator[Visit]:
    """Open the page as somebody, in a browser of that name; gives the page, connected."""
    contexts, problems = {}, []

    def context_of(name: str):
        if name not in contexts:
            client = Client()
            client.force_login(get_user_model().objects.create_user(name))
            cookie = {"name": "sessionid", "value": client.session.session_key}
            contexts[name] = browser.new_context()
            contexts[name].add_cookies([cookie | {"url": live_server.url}])
        return contexts[name]

    def open_page(name: str, prepare: Callable[[Page], None] = lambda page: None) -> Page:
        page = context_of(name).new_page()
        page.on("pageerror", lambda error: problems.append(str(error)))
        prepare(page)
        page.goto(f"{live_server.url}/page/")
        expect_state(page, "open")
        return page

    yield open_page
    for context in contexts.values():
        context.close()
    assert problems == []


@pytest.fixture
def _stack(live_server, local_gateway) -> None:
    make_stack(live_server, "/room-ws/")


def expect_state(page: Page, state: str) -> None:
    expect(page.locator("#state")).to_have_text(state, timeout=SHOWN_IN_MS)


def expect_heard(page: Page, *lines: object) -> None:
    texts = [str(line) for line in lines]
    expect(page.locator("#log li")).to_have_text(texts, timeout=SHOWN_IN_MS)


def told(page: Page, *changes: str) -> bool:
    """Let the relay announce what is due, and see whether the page has heard these by then."""
    relay.announce_due()
    return page.evaluate("members") == list(changes)


def say(page: Page, line: str) -> None:
    """Publish, so that the page has heard everything sent before."""
    channels.publish(ROOM, line)
    expect(page.locator("#log li").last).to_have_text(line, timeout=SHOWN_IN_MS)


def let_the_grace_pass() -> None:
    """Set every end so far, and what is due because of it, into the past."""
    now = timezone.now()
    gone = WebSocketSession.objects.filter(connected=False)
    gone.update(updated_on=now - GRACE - timedelta(seconds=1))
    ChannelState.objects.exclude(due_on=None).update(due_on=now)


def count_open(name: str) -> int:
    return WebSocketSession.objects.filter(user__username=name, connected=True).count()


@pytest.mark.usefixtures("_stack")
def test_two_tabs_are_one_member_a_reload_is_silent_and_a_closed_page_leaves(visit: Visit):
    grace = visit("grace")
    tabs = [visit("ada"), visit("ada")]
    assert eventually(lambda: told(grace, "ada joined"))
    expect(grace.locator("#log li")).to_have_count(0)
    assert grace.evaluate("room.members.map(({ name }) => name).sort()") == ["ada", "grace"]

    tabs[0].close()
    tabs[1].reload()
    expect_state(tabs[1], "open")
    assert eventually(lambda: count_open("ada") == 1)
    let_the_grace_pass()
    relay.announce_due()
    say(grace, "after the reload")
    assert grace.evaluate("members") == ["ada joined"]

    tabs[1].close()
    assert eventually(lambda: count_open("ada") == 0)
    relay.announce_due()
    say(grace, "within the grace")
    assert grace.evaluate("members") == ["ada joined"]
    let_the_grace_pass()
    assert eventually(lambda: told(grace, "ada joined", "ada left"))
    assert grace.evaluate("room.count") == 1


def test_a_counter_misses_nothing_and_repeats_nothing_when_the_gateway_is_killed(
    visit: Visit, live_server, settings, tmp_path
):
    state = ("--quiet", "--state", str(tmp_path / "state.json"))
    with ExitStack() as first:
        gateway = first.enter_context(gateway_process(*state))
        address = gateway.url.removeprefix("http://")
        settings.WEBSOCKETS = {"local_gateway": True, "local_gateway_address": address}
        make_stack(live_server, "/room-ws/")
        page = visit("ada")
        for number in range(20):
            channels.publish(ROOM, number)
        expect_heard(page, *range(20))
        # Killed when it is left.
    expect(page.locator("#state")).not_to_have_text("open", timeout=SHOWN_IN_MS)

    with gateway_process(*state, "--port", address.rpartition(":")[2]):
        expect_state(page, "open")
        for number in range(20, 40):
            channels.publish(ROOM, number)

        expect_heard(page, *range(40))
        assert count_open("ada") == 1


@pytest.mark.parametrize(
    "spoilt", [{"used": True}, {"created_at": timezone.now() - timedelta(days=1)}]
)
@pytest.mark.usefixtures("_stack")
def test_a_token_that_is_spent_or_too_old_is_followed_by_a_fresh_one(visit: Visit, spoilt):
    tokens: list[str] = []

    def spoil_first(route) -> None:
        response = route.fetch()
        tokens.append(response.json()["token"])
        if len(tokens) == 1:
            WebSocketToken.objects.update(**spoilt)
        route.fulfill(response=response)

    page = visit("ada", lambda page: page.route("**/ws/token/", spoil_first))

    states = page.evaluate("states")
    assert len(set(tokens)) == len(tokens) == 2
    assert states[-1] == "open"
    assert any(state.startswith("connecting: ") for state in states)
    say(page, "heard")


@pytest.mark.usefixtures("_stack")
def test_a_logout_in_another_tab_stops_the_page_and_says_why(visit: Visit):
    page, tab = visit("ada"), visit("ada")

    tab.evaluate("""() => {
        const headers = { "X-CSRFToken": document.cookie.match(/csrftoken=([^;]*)/)[1] };
        return fetch("/logout/", { method: "POST", headers });
    }""")

    for one in (page, tab):
        expect_state(one, "stopped")
        assert one.evaluate("states").pop() == "stopped: session ended"
    assert count_open("ada") == 0
