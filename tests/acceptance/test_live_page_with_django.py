"""The live page in front of a Django of this package, which tells it more than AWS would know."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from playwright.sync_api import Page, expect
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from tests.stack import Stack, answer, cookie_of, make_stack

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SHOWN_IN_MS = 10_000
SPILLS = "document.documentElement.scrollWidth > document.documentElement.clientWidth + 1"


@pytest.fixture(scope="module", autouse=True)
def _queries_beside_a_running_loop() -> Iterator[None]:
    # Playwright's loop runs in the thread of the test, which Django therefore takes for async.
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        yield


@pytest.fixture
def stack(live_server, local_gateway) -> Stack:
    return make_stack(live_server, "/live-ws/")


@pytest.fixture(params=[1280, 390])
def page(request, browser, local_gateway) -> Iterator[Page]:
    context = browser.new_context(
        viewport={"width": request.param, "height": 900},
        permissions=["clipboard-read", "clipboard-write"],
    )
    page = context.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.goto(f"{local_gateway}/_gateway/")
    expect(page.locator("#status")).to_have_text("live", timeout=SHOWN_IN_MS)
    yield page
    assert not page.evaluate(SPILLS)
    context.close()
    assert problems == []


def refuse(stack: Stack, query: str = "", **options: object) -> None:
    given = {"origin": stack.site, "additional_headers": {"Cookie": "a=b"}} | options
    with pytest.raises(InvalidStatus):
        connect(stack.gateway.websocket_url() + query, **given)


def test_refusals_of_different_causes_are_told_apart(page, stack):
    refuse(stack, origin="http://evil.example")
    refuse(stack, "?channel=a%20b")

    traffic = page.locator("#traffic")
    expect(traffic.get_by_text("Host is not in Origin: the page is at").first).to_be_visible(
        timeout=SHOWN_IN_MS
    )
    expect(traffic.get_by_text('Invalid channel: "a b"; names match').first).to_be_visible()


def test_a_handler_that_raised_or_refused_shows_its_status(page, stack):
    with stack.connect() as socket:
        for name in ("broken", "refusing"):
            socket.send(f'{{"action": "{name}"}}')
        traffic = page.locator("#traffic")
        expect(traffic.get_by_text("$default · 200 · backend 500").first).to_be_visible(
            timeout=SHOWN_IN_MS
        )
        expect(traffic.get_by_text("$default · 200 · backend 403").first).to_be_visible()
        expect(
            traffic.get_by_text("its handler refusing() responded with 403").first
        ).to_be_visible()
        assert traffic.locator("li[data-kind=message][data-bad]").count() >= 2


def test_user_and_channel_of_a_connection_are_shown_and_follow_it(page, stack):
    user = get_user_model().objects.create_user("ada")
    browser = Client()
    browser.force_login(user)
    with ExitStack() as opened:
        socket = opened.enter_context(stack.connect(cookie=cookie_of(browser), channel="general"))
        opened.enter_context(stack.connect())
        who = page.locator("#connections .who")
        expect(who.filter(has_text="ada #general")).to_be_visible(timeout=SHOWN_IN_MS)
        expect(who.filter(has_text="anonymous")).to_be_visible()

        socket.send('{"action": "change_channel", "channel": "tea"}')

        expect(who.filter(has_text="ada #tea")).to_be_visible(timeout=SHOWN_IN_MS)


def test_the_address_of_a_stage_is_copied(page, stack):
    address = stack.gateway.websocket_url()
    shown = page.get_by_label(f"Address of {stack.gateway.api_id}/production")
    expect(shown).to_have_value(address, timeout=SHOWN_IN_MS)

    page.get_by_role("button", name=f"Copy {address}").click()

    expect(page.get_by_text("Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == address


def test_a_message_is_sent_by_hand_in_both_directions(page, stack):
    with stack.connect() as socket:
        expect(page.locator("#frame-form")).to_be_visible(timeout=SHOWN_IN_MS)
        page.locator("#frame-connection").select_option(
            page.locator("#connections li").first.get_attribute("data-id")
        )

        page.locator("#frame-text").fill('{"action": "reply", "text": "by hand"}')
        page.get_by_role("button", name="Send", exact=True).click()
        assert answer(socket) == {"you sent": "by hand"}

        page.locator("#frame-direction").select_option("out")
        page.locator("#frame-text").fill('{"notice": "tea"}')
        page.get_by_role("button", name="Send", exact=True).click()
        assert answer(socket) == {"notice": "tea"}
    expect(page.locator("#frame-form")).to_be_hidden(timeout=SHOWN_IN_MS)
