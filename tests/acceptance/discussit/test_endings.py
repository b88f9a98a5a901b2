"""DiscussIt ends and comes back: logouts, the browser's cache and outages, on both versions."""

import pytest
from playwright.sync_api import expect

from tests.acceptance.discussit.sites import Site
from tests.acceptance.discussit.visitor import (
    People,
    button,
    connected,
    expect_in_log,
    expect_same_log,
    log,
    open_by_hand,
    say,
)
from tests.waiting import eventually

pytestmark = pytest.mark.browser


def test_a_logout_in_another_tab_ends_both_ways(site: Site, people: People):
    if "logout" in site.differences:
        pytest.xfail("Channels closes no socket at a logout: examples/channels_discussit/README.md")
    group = site.add_group("", "ada", "grace")
    grace = connected(people.come("grace", f"/groups/{group}/"))
    ada = people.come_anew("ada")
    ada.goto(f"{site.address}/groups/{group}/")
    tab = people.tab(connected(ada).context)
    tab.goto(site.address)
    assert open_by_hand(ada, group) == "open"

    tab.get_by_role("button", name="Log out").click()
    expect(ada.locator("#notice")).to_contain_text("You are logged out.")
    ada.wait_for_function("window.isLost")
    say(grace, "Only for who is here")
    expect_in_log(grace, "Only for who is here")

    expect(ada.locator("#chat-message-input")).to_be_disabled()
    assert ada.evaluate("window.heard") == []
    assert ada.evaluate("window.byHand.send({ type: 'text_message', message: 'x' })") is False
    assert site.messages(group) == [("grace", "Only for who is here")]


def test_back_and_forward_miss_nothing_and_repeat_nothing(site: Site, people: People):
    group = site.add_group("", "ada", "grace")
    ada, grace = (connected(people.come(name, f"/groups/{group}/")) for name in ("ada", "grace"))
    say(ada, "Before")
    expect_in_log(grace, "Before")

    ada.get_by_role("link", name="DiscussIt").click()
    connected(ada)
    say(grace, "Meanwhile")
    expect_in_log(grace, "Meanwhile")
    ada.go_back()
    connected(ada)
    say(grace, "Afterwards")
    expect_in_log(ada, "Afterwards")

    expect_same_log(ada, grace)
    ada.go_forward()
    expect(button(connected(ada), "open", group)).to_be_visible()


def test_a_page_out_of_the_cache_has_one_socket_and_the_whole_log(site: Site, people: People):
    group = site.add_group("", "ada", "grace")
    ada, grace = (connected(people.come(name, f"/groups/{group}/")) for name in ("ada", "grace"))

    ada.evaluate("dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }))")
    expect(ada.locator("#connection-state")).to_have_text("Reconnecting…")
    say(grace, "Meanwhile")
    expect_in_log(grace, "Meanwhile")
    ada.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
    connected(ada)
    say(grace, "Afterwards")
    expect_in_log(ada, "Afterwards")

    expect_same_log(ada, grace)


def test_after_an_outage_the_log_is_whole_and_has_nothing_twice(site: Site, people: People):
    group = site.add_group("", "ada", "grace")
    ada, grace = (connected(people.come(name, f"/groups/{group}/")) for name in ("ada", "grace"))

    ada.context.set_offline(True)
    expect(ada.locator("#connection-state")).not_to_have_text("Connected")
    say(ada, "said offline")
    for number in range(12):
        say(grace, "equal" if number % 2 else f"number {number}")
    expect_in_log(grace, "number 10")
    ada.context.set_offline(False)
    # Grace goes on speaking while the page comes back.
    for number in range(12, 60):
        say(grace, "equal" if number % 2 else f"number {number}")
    expect(ada.locator("#connection-state")).to_have_text("Connected")
    say(grace, "the last")
    expect_in_log(ada, "the last")
    expect_in_log(ada, "ada:- said offline")

    expected = sorted(lines_of(site, group))
    assert len(expected) == 62
    assert eventually(lambda: sorted(log(ada).splitlines()) == expected), log(ada)
    # Without a network every attempt is an error in the console.
    people.errors = [error for error in people.errors if "ERR_INTERNET" not in error]


def lines_of(site: Site, group: str) -> list[str]:
    """The lines of the log, from the database."""
    return [
        f"{author}:- {text} @{at:%Y-%m-%d} {at.hour}:{at:%M}"
        for author, text, at in site.execute(
            "SELECT u.username, m.content, m.timestamp AT TIME ZONE 'UTC' FROM chat_message m "
            "JOIN auth_user u ON u.id = m.author_id JOIN chat_group g ON g.id = m.group_id "
            "WHERE g.uuid = %s",
            group,
        )
    ]
