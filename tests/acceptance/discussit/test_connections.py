"""Tabs, clicks, keys and forged frames in DiscussIt, on both versions."""

import pytest
from playwright.sync_api import Page, expect

from tests.acceptance.discussit.sites import Site
from tests.acceptance.discussit.visitor import (
    People,
    button,
    connected,
    expect_in_log,
    expect_same_log,
    heard,
    log,
    member,
    open_by_hand,
    options,
    say,
    send_by_hand,
)

pytestmark = pytest.mark.browser

FOCUSED = "document.activeElement.id"


def test_two_tabs_of_one_user_hear_the_same(site: Site, people: People):
    group = site.add_group("", "ada")
    first = connected(people.come("ada", f"/groups/{group}/"))
    second = people.tab(first.context)
    second.goto(first.url)

    say(connected(second), "From the second tab")
    expect_in_log(first, "From the second tab")
    say(first, "From the first tab")
    expect_in_log(second, "From the first tab")

    expect_same_log(first, second)
    assert member(first, "ada").count() == member(second, "ada").count() == 1
    # A tab that still offers what was done in the other one comes right with one click.
    homes = [people.tab(first.context), people.tab(first.context)]
    for home in homes:
        home.goto(site.address)
        connected(home)
    for home in homes:
        button(home, "leave", group).click()
        expect(button(home, "join", group)).to_be_visible()
    assert [kind for kind, _ in site.events(group)] == ["Left"]


def test_a_double_click_on_join_joins_once(site: Site, people: People):
    group = site.add_group()
    page = connected(people.come("ada"))

    page.evaluate(
        "id => { const b = document.getElementById(id); b.click(); b.click(); }", f"join-{group}"
    )
    expect(button(page, "open", group)).to_be_visible()
    open_by_hand(page, "home")
    for _ in range(4):
        send_by_hand(page, type="join_group", data=group)
    heard(page, 4)

    assert options(page, group) == ["Leave", "Open"]
    assert [kind for kind, _ in site.events(group)] == ["Join"]


def test_a_member_who_leaves_with_the_page_open_hears_and_says_nothing_more(
    site: Site, people: People
):
    group = site.add_group("", "ada", "grace")
    ada, grace = (connected(people.come(name, f"/groups/{group}/")) for name in ("ada", "grace"))
    home = people.tab(ada.context)
    home.goto(site.address)
    assert open_by_hand(ada, group) == "open"

    button(connected(home), "leave", group).click()
    expect(ada.locator("#notice")).to_contain_text("You have left this group.")
    expect(ada.locator("#chat-message-submit")).to_be_disabled()
    expect(member(grace, "ada")).to_have_count(0)
    ada.wait_for_function("window.isLost")
    say(grace, "Now that ada is gone")
    expect_in_log(grace, "Now that ada is gone")

    assert heard(ada, 1)[-1]["status"] == "Left"
    assert "Now that ada is gone" not in log(ada)
    assert ada.reload().status == 403
    people.errors = [error for error in people.errors if "403" not in error]


def test_a_message_sent_after_leaving_is_not_stored(site: Site, people: People):
    group = site.add_group("", "ada", "grace")
    ada = connected(people.come("ada", f"/groups/{group}/"))
    assert open_by_hand(ada, group) == "open"
    # The page has asked for the log once it was connected, and would be told that she is no member.
    ada.wait_for_load_state("networkidle")

    # As in the admin, or by a script: without an event, on which the socket would be closed.
    site.execute(
        "DELETE FROM chat_group_members m USING auth_user u, chat_group g WHERE g.id = "
        "m.group_id AND u.id = m.user_id AND u.username = 'ada' AND g.uuid = %s",
        group,
    )
    send_by_hand(ada, type="text_message", author="ada", message="Still here?")

    assert heard(ada, 1) == [{"type": "error", "message": "You are not a member of this group."}]
    assert site.messages(group) == []


def test_a_message_cannot_name_another_author_or_group(site: Site, people: People):
    group, other = site.add_group("", "ada"), site.add_group("", "grace")
    ada = connected(people.come("ada", f"/groups/{group}/"))
    grace = connected(people.come("grace", f"/groups/{other}/"))
    assert open_by_hand(ada, group) == "open"

    forged = {"author": "grace", "group_uuid": other, "group": other, "channel": other}
    send_by_hand(ada, type="text_message", message="Forged", data=other, **forged)
    expect_in_log(ada, "ada:- Forged @")
    say(grace, "Not forged")
    expect_in_log(grace, "grace:- Not forged @")

    assert site.messages(group) == [("ada", "Forged")]
    assert site.messages(other) == [("grace", "Not forged")]
    assert "ada" not in log(grace)


def test_a_socket_that_no_member_opens_hears_nothing(site: Site, people: People):
    group = site.add_group("", "ada")
    ada = connected(people.come("ada", f"/groups/{group}/"))
    grace = connected(people.come("grace"))

    assert open_by_hand(grace, group) == "closed"
    assert open_by_hand(grace, group.upper()) == "closed"
    say(ada, "Among ourselves")
    expect_in_log(ada, "Among ourselves")

    assert grace.evaluate("window.heard") == []
    # The browser says in the console that the handshake was refused.
    assert all("WebSocket connection" in error for error in people.errors)
    people.errors.clear()


def test_everything_can_be_done_with_the_keyboard(site: Site, people: People):
    group = site.add_group("000 first")
    page = people.tab(people.anybody())
    page.goto(site.address)
    expect(page.locator("[name=username]")).to_be_focused()
    for keys in ("ada", "Tab", "discuss-it", "Enter"):
        page.keyboard.press(keys) if keys in {"Tab", "Enter"} else page.keyboard.type(keys)
    expect(connected(page)).to_have_url(f"{site.address}/")

    tab_to(page, f"join-{group}")
    page.keyboard.press("Enter")
    expect(button(page, "open", group)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{site.address}/groups/{group}/")
    expect(connected(page).locator("#chat-message-input")).to_be_focused()
    page.keyboard.type("No mouse was needed.")
    page.keyboard.press("Enter")
    expect_in_log(page, "No mouse was needed.")
    page.keyboard.press("Tab")

    assert page.evaluate(FOCUSED) == "chat-message-submit"
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"


def tab_to(page: Page, target: str) -> None:
    for _ in range(200):
        page.keyboard.press("Tab")
        if page.evaluate(FOCUSED) == target:
            return
    raise AssertionError(f"{target} cannot be reached with the keyboard")
