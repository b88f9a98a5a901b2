"""The browser client in Chromium, under the strictest policy a page can have and still work."""

import pytest
from playwright.sync_api import BrowserContext, Error, Page, expect

from tests.acceptance.browser_client.conftest import Room, room_process
from tests.waiting import eventually

pytestmark = pytest.mark.browser

SHOWN_IN_MS = 10_000


def is_open(page: Page) -> None:
    expect(page.locator("#state")).to_have_text("open", timeout=SHOWN_IN_MS)


def hears(page: Page, *lines: str) -> None:
    expect(page.locator("#log li")).to_have_text(list(lines), timeout=SHOWN_IN_MS)


@pytest.mark.parametrize("path", ["/", "/nonce"])
def test_a_page_with_a_strict_policy_connects_and_hears(room: Room, page, problems, path):
    page.goto(room.url + path)
    is_open(page)
    room.say("one")
    position = page.evaluate("room.publish('two').then(({ position }) => position[1])")

    hears(page, "one", "two")
    assert position == 2
    assert page.evaluate("socket.request('shout', { text: 'hello' })") == "HELLO"
    assert problems == []


def test_a_message_said_while_the_connection_is_lost_is_heard_once(room: Room, page):
    page.goto(room.url)
    is_open(page)
    room.say("one")
    hears(page, "one")

    room.ask("cut")
    room.say("two")
    expect(page.locator("#state")).not_to_have_text("open", timeout=SHOWN_IN_MS)
    is_open(page)
    room.say("three")

    hears(page, "one", "two", "three")
    state = room.state()
    assert (state["handshakes"], state["hellos"], state["refusals"]) == (2, 2, [])


def test_a_server_that_is_killed_is_found_again(page: Page):
    with room_process() as first:
        page.goto(first.url)
        is_open(page)
        port = first.port
    expect(page.locator("#state")).to_have_text("waiting", timeout=SHOWN_IN_MS)

    with room_process(port) as second:
        is_open(page)
        second.say("after")
        # Another process is another log, of which the page had nothing.
        hears(page, "reset", "after")


def test_going_back_brings_the_page_with_its_position(room: Room, page, problems):
    page.goto(room.url)
    is_open(page)
    room.say("one")
    hears(page, "one")

    page.goto(f"{room.url}/elsewhere")
    eventually(lambda: room.state()["open"] == 0)
    room.say("two")
    # A page that was kept does not load again.
    page.go_back(wait_until="commit")

    is_open(page)
    assert page.evaluate("isFromCache") is True
    hears(page, "one", "two")
    assert page.evaluate("states").count("waiting: suspended") == 1
    assert room.state()["refusals"] == []
    assert problems == []


def test_a_short_time_without_network_loses_nothing(room: Room, page, context):
    page.goto(room.url)
    is_open(page)
    context.set_offline(True)
    expect(page.locator("#state")).not_to_have_text("open", timeout=SHOWN_IN_MS)
    room.say("meanwhile")
    page.evaluate("void socket.request('shout', { text: 'later' }).then((text) => said = text)")
    context.set_offline(False)

    is_open(page)
    hears(page, "meanwhile")
    room.say("after")
    hears(page, "meanwhile", "after")
    assert room.state()["refusals"] == []


def test_the_end_the_server_wants_is_the_end(room: Room, page):
    page.goto(room.url)
    is_open(page)
    room.ask("end")
    expect(page.locator("#state")).to_have_text("stopped", timeout=SHOWN_IN_MS)

    assert page.evaluate("states").pop() == "stopped: session ended"
    assert room.state()["handshakes"] == 1


def test_two_tabs_that_share_have_one_connection(room: Room, page, context: BrowserContext):
    page.goto(f"{room.url}/shared")
    is_open(page)
    other = context.new_page()
    other.goto(f"{room.url}/shared")
    is_open(other)
    room.say("one")
    hears(page, "one")
    hears(other, "one")
    assert room.state()["handshakes"] == 1
    assert other.evaluate("socket.request('shout', { text: 'mine' })") == "MINE"

    page.close()
    eventually(lambda: room.state()["handshakes"] == 2 and room.state()["open"] == 1)
    is_open(other)
    room.say("two")
    hears(other, "one", "two")


def test_a_tab_that_crashes_leaves_the_connection_to_another(room: Room, page, context):
    page.goto(f"{room.url}/shared")
    is_open(page)
    others = [context.new_page() for _ in range(2)]
    for other in others:
        other.goto(f"{room.url}/shared")
        is_open(other)
    for other in others:
        # Nobody answers before the crash.
        other.evaluate("""() => {
            window.answer = new Promise((resolve) =>
                socket.request("later", { text: "x" }, { once: true }).then(resolve));
        }""")
    eventually(lambda: room.state()["unanswered"] == 2)

    with pytest.raises(Error):
        page.goto("chrome://crash")
    eventually(lambda: room.state()["handshakes"] == 2 and room.state()["open"] == 1)

    assert [other.evaluate("answer") for other in others] == ["x again", "x again"]
    room.say("two")
    for other in others:
        hears(other, "two")
