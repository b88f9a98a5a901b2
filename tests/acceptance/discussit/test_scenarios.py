"""The twelve scenarios of DiscussIt, in Chromium, on the package and on Django Channels."""

import json
import re

import pytest
from playwright.sync_api import expect
from websockets.exceptions import InvalidStatus

from tests.acceptance.discussit.sites import Site
from tests.acceptance.discussit.visitor import (
    People,
    button,
    connect_as,
    connected,
    expect_in_log,
    heard,
    log,
    member,
    open_by_hand,
    options,
    say,
    send_by_hand,
)
from tests.waiting import eventually

pytestmark = pytest.mark.browser

NOBODY = "8c1d3a5e-0000-4000-8000-000000000000"


def test_an_anonymous_visitor_gets_the_login_and_no_socket(site: Site, people: People):
    group = site.add_group()
    page = people.tab(people.anybody())

    page.goto(f"{site.address}/groups/{group}/")
    expect(page).to_have_url(re.compile(r"/accounts/login/\?next=/groups/"))
    page.goto(f"{site.address}/")
    expect(page).to_have_url(re.compile(r"/accounts/login/\?next=/$"))

    ada = connected(people.come("ada"))
    with pytest.raises(InvalidStatus) as refused:
        connect_as(ada, "home", cookies="theme=dark")
    assert 400 <= refused.value.response.status_code < 404


def test_home_offers_join_to_others_and_leave_and_open_to_members(site: Site, people: People):
    own, other = site.add_group("", "ada"), site.add_group("", "grace")

    page = people.come("ada")

    assert options(page, own) == ["Leave", "Open"]
    assert options(page, other) == ["Join"]
    values = {
        name: button(page, name, group).get_attribute("value")
        for name, group in {"leave": own, "open": own, "join": other}.items()
    }
    assert values == {
        "leave": f"leave_group {own}",
        "open": f"open_group {own}",
        "join": f"join_group {other}",
    }


def test_joining_writes_one_event_and_gives_buttons_that_work(site: Site, people: People):
    group = site.add_group("Engines")
    page = people.come("ada")
    frames: list[dict] = []
    page.on(
        "websocket",
        lambda socket: socket.on("framereceived", lambda text: frames.append(json.loads(text))),
    )
    page.reload()

    button(connected(page), "join", group).click()

    expect(button(page, "leave", group)).to_be_visible()
    assert options(page, group) == ["Leave", "Open"]
    assert site.events(group) == [("Join", "ada Join the Engines group")]
    # Frames of the package's wire protocol travel beside those of the application.
    own = [frame for frame in frames if "ws" not in frame]
    assert own == [{"type": "join_group", "data": group}]
    button(page, "open", group).click()
    expect(page).to_have_url(f"{site.address}/groups/{group}/")


def test_leaving_writes_one_event_and_offers_to_join_again(site: Site, people: People):
    group = site.add_group("Engines", "ada")
    page = connected(people.come("ada"))

    button(page, "leave", group).click()

    expect(button(page, "join", group)).to_be_visible()
    assert options(page, group) == ["Join"]
    assert site.events(group) == [("Left", "ada Left the Engines group")]
    button(page, "join", group).click()
    expect(button(page, "open", group)).to_be_visible()
    assert [kind for kind, _ in site.events(group)] == ["Left", "Join"]


def test_nobody_but_members_gets_into_a_group(site: Site, people: People):
    group = site.add_group("", "ada")
    ada, grace = people.come("ada"), connected(people.come("grace"))

    button(ada, "open", group).click()
    expect(ada).to_have_url(f"{site.address}/groups/{group}/")
    refused = grace.request.get(f"{site.address}/groups/{group}/")
    unknown = grace.request.get(f"{site.address}/groups/{NOBODY}/")

    assert (refused.status, unknown.status) == (403, 404)
    assert "join button" in refused.text()
    with pytest.raises(InvalidStatus) as raised:
        connect_as(grace, group)
    assert raised.value.response.status_code == 403


def test_a_message_reaches_its_group_alone_with_the_author_of_its_connection(
    site: Site, people: People
):
    group, other = site.add_group("", "ada", "grace"), site.add_group("", "ada", "grace")
    ada, grace = (connected(people.come(name, f"/groups/{group}/")) for name in ("ada", "grace"))
    elsewhere = connected(people.come("grace", f"/groups/{other}/"))
    assert open_by_hand(ada, group) == "open"

    send_by_hand(ada, type="text_message", author="grace", message="Who am I?")
    expect_in_log(grace, "ada:- Who am I? @")
    expect_in_log(ada, "ada:- Who am I? @")

    (frame,) = heard(ada, 1)
    assert frame == {"type": "text_message", "message": frame["message"], "group_uuid": group}
    assert re.fullmatch(r"ada:- Who am I\? @\d{4}-\d\d-\d\d \d{1,2}:\d\d", frame["message"])
    assert site.messages(group) == [("ada", "Who am I?")]
    say(elsewhere, "Another room")
    expect_in_log(elsewhere, "Another room")
    assert "Who am I?" not in log(elsewhere)
    assert "Another room" not in log(grace)


def test_members_see_who_joins_and_who_leaves(site: Site, people: People):
    group = site.add_group("Engines", "ada")
    ada = connected(people.come("ada", f"/groups/{group}/"))
    grace = connected(people.come("grace"))
    assert open_by_hand(ada, group) == "open"

    button(grace, "join", group).click()
    expect(member(ada, "grace")).to_have_id("members-grace")
    expect_in_log(ada, "grace Join the Engines group\n")
    button(grace, "leave", group).click()
    expect(member(ada, "grace")).to_have_count(0)
    expect_in_log(ada, "grace Left the Engines group\n")

    assert heard(ada, 2) == [
        {
            "type": "event_message",
            "message": f"grace {status} the Engines group",
            "status": status,
            "user": "grace",
        }
        for status in ("Join", "Left")
    ]


def test_a_reload_shows_the_same_lines_in_the_order_of_time(site: Site, people: People):
    group = site.add_group("Engines", "ada")
    ada = connected(people.come("ada", f"/groups/{group}/"))
    grace = connected(people.come("grace"))

    say(ada, "Before")
    expect_in_log(ada, "Before")
    button(grace, "join", group).click()
    expect_in_log(ada, "grace Join")
    say(ada, "After")
    expect_in_log(ada, "After")
    lines = log(ada)
    ada.reload()

    assert log(ada) == lines
    assert [line.partition(" @")[0] for line in lines.splitlines()] == [
        "ada:- Before",
        "grace Join the Engines group",
        "ada:- After",
    ]


def test_markup_in_a_message_is_text(site: Site, people: People):
    group = site.add_group("", "ada")
    ada = connected(people.come("ada", f"/groups/{group}/"))
    hostile = "</textarea><script>alert(1)</script><img src=x onerror=alert(2)>"

    say(ada, hostile)
    expect_in_log(ada, f"ada:- {hostile} @")
    ada.reload()

    assert f"ada:- {hostile} @" in log(connected(ada))


def test_blank_messages_are_ignored(site: Site, people: People):
    group = site.add_group("", "ada")
    ada = connected(people.come("ada", f"/groups/{group}/"))
    assert open_by_hand(ada, group) == "open"

    for blank in ("", "   ", "\n\t", "\u0000", None, 7, ["text"]):
        send_by_hand(ada, type="text_message", author="ada", message=blank)
    say(ada, "   ")
    say(ada, "Something")
    expect_in_log(ada, "Something")

    assert site.messages(group) == [("ada", "Something")]
    assert len(log(ada).splitlines()) == 1


@pytest.mark.parametrize("unknown", [NOBODY, "no-uuid", None, 7, {"uuid": NOBODY}, ["x"]])
def test_an_unknown_group_gets_an_error_and_does_nothing(
    site: Site, people: People, unknown: object
):
    group = site.add_group()
    ada = connected(people.come("ada"))
    assert open_by_hand(ada, "home") == "open"

    send_by_hand(ada, type="join_group", data=unknown)
    (answer,) = heard(ada, 1)
    send_by_hand(ada, type="nobody_knows", data=group)
    send_by_hand(ada, type="join_group", data=group)

    assert answer == {"type": "error", "message": "There is no such group."}
    assert heard(ada, 2)[1] == {"type": "join_group", "data": group}
    assert len(site.events(group)) == 1


def test_joining_twice_and_leaving_twice_writes_one_event_each(site: Site, people: People):
    group = site.add_group()
    ada = connected(people.come("ada"))
    assert open_by_hand(ada, "home") == "open"

    for count, action in enumerate(["join_group"] * 3 + ["leave_group"] * 3, start=1):
        send_by_hand(ada, type=action, data=group)
        assert heard(ada, count)[-1] == {"type": action, "data": group}

    assert eventually(lambda: [kind for kind, _ in site.events(group)] == ["Join", "Left"])
