"""The chat room when its connection fails, and how fast it is when it does not."""

import math
import statistics
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.acceptance.chat_room.process import ChatRoom
from tests.acceptance.chat_room.visitor import cut, message, say

pytestmark = pytest.mark.browser
Visit = Callable[..., Page]

# Longer than the longest pause between two attempts, plus an attempt that came a moment too early.
RECONNECT_MS = 30_000
MESSAGES = 50
MEDIAN_LIMIT_MS = 2_000


def tokens_used(page: Page) -> list[str]:
    """Collect the token of every socket the page opens from now on."""
    tokens: list[str] = []
    page.on("websocket", lambda socket: tokens.append(socket.url.partition("ws_token=")[2]))
    return tokens


def expect_connected(page: Page) -> None:
    expect(page.locator("#connection-state")).to_have_text("Connected", timeout=RECONNECT_MS)


def test_both_pages_come_back_after_the_gateway_was_killed(
    visit: Visit, chat_room: ChatRoom
) -> None:
    ada, ben = visit(), visit()
    say(ada, "Before the fall.")
    expect(message(ben, "Before the fall.")).to_be_visible()
    tokens = tokens_used(ada)
    ada.evaluate("""() => {
        window.states = [];
        const label = document.getElementById("connection-state");
        new MutationObserver(() => window.states.push(label.textContent))
            .observe(label, { childList: true });
    }""")

    chat_room.kill_gateway()
    expect(ada.locator("#connection-state")).not_to_have_text("Connected")
    say(ada, "Said into a dead line.")

    expect_connected(ada)
    expect_connected(ben)
    expect(message(ben, "Said into a dead line.")).to_have_count(1, timeout=RECONNECT_MS)
    expect(message(ada, "Said into a dead line.")).to_have_count(1)
    expect(message(ada, "Before the fall.")).to_have_count(1)
    expect(ada.locator("#messages .pending")).to_have_count(0)
    assert any("Reconnecting in" in state for state in ada.evaluate("window.states"))
    assert len(tokens) >= 1
    assert len(set(tokens)) == len(tokens)


def test_a_message_said_while_everything_is_stopped_arrives_once(
    visit: Visit, chat_room: ChatRoom
) -> None:
    ada, ben = visit(), visit()

    chat_room.stop()
    expect(ada.locator("#connection-state")).not_to_have_text("Connected")
    say(ada, "Is this thing on?")
    expect(ada.locator("#messages .pending .time")).to_have_text("waiting")
    chat_room.start()

    expect_connected(ben)
    expect(message(ben, "Is this thing on?")).to_have_count(1, timeout=RECONNECT_MS)
    expect(message(ada, "Is this thing on?")).to_have_count(1)
    expect(ada.locator("#messages .pending")).to_have_count(0)


def test_messages_said_without_a_network_wait_and_arrive_in_order(visit: Visit) -> None:
    ada, ben = visit(), visit()
    ada.context.set_offline(True)
    expect(ada.locator("#connection-state")).to_contain_text("Offline: this device has no network.")

    lines = [f"offline {number}" for number in range(3)]
    for line in lines:
        say(ada, line)
    expect(ada.locator("#messages .pending .time")).to_have_text(["waiting"] * 3)
    ada.context.set_offline(False)

    expect(message(ben, lines[-1])).to_be_visible(timeout=RECONNECT_MS)
    shown = ben.locator("#messages .message:not(.pending) .text").all_inner_texts()
    assert shown[-3:] == lines


def test_a_waiting_message_survives_a_reload(visit: Visit) -> None:
    page = visit()
    page.route("**/api/ws-token/", lambda route: route.abort())
    cut(page)
    expect(page.locator("#connection-state")).to_contain_text("Offline: Django does not answer.")
    say(page, "Not lost.")
    expect(page.locator("#messages .pending .text")).to_have_text("Not lost.")

    page.reload()
    page.unroute("**/api/ws-token/")

    expect(message(page, "Not lost.")).to_have_count(1, timeout=RECONNECT_MS)


def test_one_loop_tries_again_after_pauses_that_double_up_to_twenty_seconds(visit: Visit) -> None:
    page = visit()
    page.clock.install()
    # Full jitter draws from nothing up to the pause; this takes the whole of it each time.
    page.evaluate("Math.random = () => 1")
    attempts = []
    page.route("**/api/ws-token/", lambda route: (attempts.append(route), route.abort()))

    cut(page)
    expect(page.locator("#connection-state")).to_have_text("Reconnecting in 1 s…")
    page.clock.run_for(1_000)
    for seconds in (1.5, 2.5, 4.5, 8.5, 16.5, 20, 20):
        expect(page.locator("#connection-state")).to_have_text(
            f"Offline: Django does not answer. Trying again in {math.ceil(seconds)} s…"
        )
        page.clock.run_for(seconds * 1_000)

    expect(page.locator("#connection-state")).to_contain_text("Trying again in 20 s…")
    assert len(attempts) == 8


def test_a_visitor_who_comes_back_does_not_wait_for_the_next_attempt(visit: Visit) -> None:
    page = visit()
    page.clock.install()
    page.route("**/api/ws-token/", lambda route: route.abort())
    page.evaluate("Math.random = () => 1")
    cut(page)
    expect(page.locator("#connection-state")).to_contain_text("Offline: Django does not answer.")
    page.unroute("**/api/ws-token/")

    page.evaluate("window.dispatchEvent(new Event('online'))")

    expect_connected(page)


def test_a_past_with_a_hole_in_it_is_not_shown(visit: Visit) -> None:
    page = visit()

    shown = page.evaluate("""async () => {
        const { Messages } = await import("/static/chat/messages.js");
        const list = document.createElement("ol");
        const messages = new Messages(list, () => "ada");
        const message = (id) =>
            ({ id, username: "ben", message: `number ${id}`, created_at: "2030-01-01T09:00Z" });
        messages.show(message(1));
        // The connection is lost until number 5, which arrives before the last three do as history.
        messages.show(message(5));
        messages.showHistory([message(3), message(4), message(5)]);
        return [...list.querySelectorAll(".text")].map(({ textContent }) => textContent);
    }""")

    assert shown == ["number 3", "number 4", "number 5"]


def test_a_visitor_whose_visit_has_ended_is_told_so(visit: Visit, chat_room: ChatRoom) -> None:
    page = visit()

    name = page.inner_text("#who")
    delete = f"User.objects.get(username='{name}').delete()"
    chat_room.manage(
        "shell", "--no-imports", "-c", f"from django.contrib.auth.models import User; {delete}"
    )

    expect(page.locator("#connection-state")).to_have_text(
        "Offline: your visit has ended, reload the page."
    )
    expect(page.get_by_role("status")).to_contain_text("your visit has ended")
    say(page, "Too late.")
    expect(page.locator("#messages .pending .time")).to_have_text("waiting")


def test_a_message_is_on_the_other_page_within_two_seconds(visit: Visit) -> None:
    ada, ben = visit("support"), visit("support")
    ada.evaluate("""() => {
        window.pressed = [];
        const now = () => performance.timeOrigin + performance.now();
        document.getElementById("message-input")
            .addEventListener("keydown", (event) => {
                if (event.key === "Enter") window.pressed.push(now());
            }, { capture: true });
    }""")
    ben.evaluate("""() => {
        window.arrived = [];
        const list = document.getElementById("messages");
        const now = () => performance.timeOrigin + performance.now();
        // A divider or a name may come beside a message, so the texts tell how many there are.
        new MutationObserver(() => {
            const seen = list.textContent.match(/timed \\d+/g) ?? [];
            while (window.arrived.length < seen.length) window.arrived.push(now());
        }).observe(list, { childList: true, subtree: true });
    }""")

    for number in range(MESSAGES):
        say(ada, f"timed {number}")
        expect(message(ben, f"timed {number}")).to_be_visible()

    pressed, arrived = ada.evaluate("window.pressed"), ben.evaluate("window.arrived")
    elapsed_ms = [end - start for start, end in zip(pressed, arrived, strict=True)]
    median = statistics.median(elapsed_ms)
    slowest = max(elapsed_ms)
    print(f"\nEnter to the other page, {MESSAGES} messages: {median:.0f} ms, at most {slowest:.0f}")
    assert median < MEDIAN_LIMIT_MS
