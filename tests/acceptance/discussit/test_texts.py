"""The texts and the names that DiscussIt takes, on both versions."""

import pytest
from playwright.sync_api import Page, expect

from tests.acceptance.discussit.sites import Site
from tests.acceptance.discussit.visitor import (
    People,
    button,
    connected,
    expect_in_log,
    heard,
    log,
    member,
    open_by_hand,
    say,
    send_by_hand,
)

pytestmark = pytest.mark.browser

MARKUP = "<b onclick=alert(1)>&amp;</b>"
LONGEST = 5_000


@pytest.mark.parametrize(
    "text",
    [
        "long " * 600,
        "Flags 🏳️‍🌈, families 👩‍👩‍👧, and 𐎠 beyond the first plane",
        "مرحبا, שלום, and back",
        "{{ 7 * 7 }} ${7 * 7} %s \\n \\u0041 'quoted' \"twice\"",
        "</textarea><svg onload=alert(1)>",
    ],
    ids=["3,000 characters", "emoji", "right to left", "templates and quotes", "markup"],
)
def test_a_text_arrives_and_is_kept_as_it_was_typed(site: Site, people: People, text: str):
    group = site.add_group("", "ada", "grace")
    ada, grace = (connected(people.come(name, f"/groups/{group}/")) for name in ("ada", "grace"))

    say(ada, text)
    expect_in_log(grace, f"ada:- {text} @")
    grace.reload()

    assert f"ada:- {text} @" in log(grace)
    assert site.messages(group) == [("ada", text)]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_text_of_two_lines_arrives_as_two_lines(site: Site, people: People, end: str):
    group = site.add_group("", "ada")
    ada = connected(people.come("ada", f"/groups/{group}/"))
    assert open_by_hand(ada, group) == "open"

    send_by_hand(ada, type="text_message", author="ada", message=f"one{end}two")
    expect_in_log(ada, "ada:- one\ntwo @")
    ada.reload()

    assert "ada:- one\ntwo @" in log(connected(ada))
    assert site.messages(group) == [("ada", f"one{end}two")]


def test_characters_that_no_database_can_store_cost_no_message(site: Site, people: People):
    group = site.add_group("", "ada")
    ada = connected(people.come("ada", f"/groups/{group}/"))
    assert open_by_hand(ada, group) == "open"

    # JSON can name halves of a pair of surrogates, and JavaScript's texts may hold them.
    ada.evaluate("window.byHand.send({ type: 'text_message', message: 'a\\u0000b \\ud83d' })")

    assert heard(ada, 1)[0]["message"].startswith("ada:- ab ? @")


def test_a_text_that_is_too_long_is_refused_in_words(site: Site, people: People):
    group = site.add_group("", "ada")
    ada = connected(people.come("ada", f"/groups/{group}/"))
    assert open_by_hand(ada, group) == "open"

    say(ada, "x" * (LONGEST + 1))
    expect(ada.locator("#notice")).to_have_text("This message is 1 characters too long.")
    expect(ada.locator("#chat-message-input")).to_have_value("x" * (LONGEST + 1))
    send_by_hand(ada, type="text_message", message="x" * (LONGEST + 1))

    assert heard(ada, 1) == [{"type": "error", "message": "At most 5,000 characters fit."}]
    say(ada, "😀" * LONGEST)
    expect_in_log(ada, "😀" * LONGEST)
    assert len(site.messages(group)) == 1


def test_markup_in_names_is_text_on_every_page(site: Site, people: People):
    group, name = site.add_group(MARKUP, "ada"), f"{MARKUP}\"'{site.groups}"
    site.add_user(name)
    ada = connected(people.come("ada", f"/groups/{group}/"))
    other = connected(people.come(name))

    expect(other.locator(f"[id='{group}'] .group-name")).to_have_text(MARKUP)
    button(other, "join", group).click()
    expect(member(ada, name)).to_be_visible()
    expect_in_log(ada, f"{name} Join the {MARKUP} group")
    button(other, "open", group).click()
    say(connected(other), "Harmless")
    expect_in_log(ada, f"{name}:- Harmless @")

    assert not has_element(ada, "main b, aside b, header b")
    assert not has_element(other, "main b, aside b, header b")
    assert ada.evaluate("name => !!document.getElementById(`members-${name}`)", name)
    button(connected(people.come(name)), "leave", group).click()
    expect(member(ada, name)).to_have_count(0)


def has_element(page: Page, selector: str) -> bool:
    return page.locator(selector).count() > 0


def test_the_longest_names_fit(site: Site, people: People):
    group, name = site.add_group("g" * 30), f"{site.groups:03}" + "u" * 147
    site.add_user(name)
    page = connected(people.come(name, width=390, height=844))

    button(page, "join", group).click()
    button(page, "open", group).click()
    expect_in_log(connected(page), f"{name} Join the {'g' * 30} group")

    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
