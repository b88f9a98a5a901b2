"""The tutorial, typed page by page into an empty folder, does what each page says."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.acceptance.tutorial.reader import PASSWORDS, TUTORIAL, Reader

LEAVE_MS = 60_000
"""A member is away for 15 seconds before the others are told; a busy machine takes longer."""

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]


@pytest.fixture
def reader(tmp_path) -> Iterator[Reader]:
    reader = Reader(tmp_path)
    yield reader
    reader.stop()


@pytest.fixture
def contexts(browser: Browser) -> Iterator[list[BrowserContext]]:
    """Two windows, one of them private: each has cookies of its own."""
    contexts = [browser.new_context(), browser.new_context()]
    yield contexts
    for context in contexts:
        context.close()


def open_as(context: BrowserContext, address: str, name: str) -> Page:
    """Open a page, log in where it asks for that, and wait for its socket."""
    page = context.new_page()
    page.goto(address)
    if page.locator("#id_username").count():
        page.fill("#id_username", name)
        page.fill("#id_password", next(iter(PASSWORDS.values())))
        page.click("[type=submit]")
    expect(page.locator("#status")).to_contain_text("open")
    return page


def say(page: Page, text: str) -> None:
    page.fill("[name=text]", text)
    page.click("button")


def expect_lines(pages: list[Page], *lines: str) -> None:
    for page in pages:
        expect(page.locator("#log li")).to_have_text(list(lines))


def try_to_connect(page: Page, address: str) -> str:
    """Open a socket from a page's script; return what comes of it."""
    script = """address => new Promise(resolve => {
        const socket = new WebSocket(address);
        socket.onopen = () => resolve("open");
        socket.onerror = () => resolve("refused");
    })"""
    return page.evaluate(script, address)


def test_the_pages_lead_to_rooms_with_presence(reader, browser, contexts):
    ada, grace = contexts

    reader.follow("1-two-tabs")
    two_tabs_talk(reader, ada)
    reader.stop()
    reader.follow("2-tokens")
    only_who_is_logged_in_gets_in(reader, browser, contexts)
    reader.stop()
    reader.follow("3-chat-room")
    replies_and_errors_are_shown(reader, contexts)
    reader.stop()
    reader.follow("4-rooms-with-presence", but="tea.sh")
    members_see_and_hear_each_other(reader, ada, grace)
    # As in production, where the page about AWS has them.
    reader.type_lines(TUTORIAL / "files/6-on-aws/check.sh")
    assert "all is well: a message went all the way round" in reader.said
    reader.stop()
    reader.run("manage.py", "check", "--fail-level", "WARNING")
    reader.follow("5-tests")

    assert re.findall(r"^Ran (\d) tests?", reader.said, re.M) == ["1", "3"]
    last_run = reader.said.rpartition("Found 3 test")[2]
    assert last_run.index("A connection was refused: ") < last_run.index("\nOK")


def two_tabs_talk(reader: Reader, context: BrowserContext) -> None:
    pages = [open_as(context, f"{reader.site}/room/", "") for _ in range(2)]

    say(pages[0], "Hello <b>tab</b>")

    expect_lines(pages, "Hello <b>tab</b>")
    assert f"127.0.0.1:{reader.gateway_port}/_gateway/" in reader.server_said
    for page in pages:
        page.close()


def only_who_is_logged_in_gets_in(reader: Reader, browser: Browser, contexts) -> None:
    ada, grace = contexts
    pages = [
        open_as(ada, f"{reader.site}/room/", "ada"),
        open_as(grace, f"{reader.site}/room/", "grace"),
    ]
    say(pages[0], "Hello")
    expect_lines(pages, "ada: Hello")

    address = f"ws://127.0.0.1:{reader.gateway_port}/_aws/execute-api/roomsocketview/production"
    stranger = browser.new_page()
    response = stranger.goto(f"{reader.site}/room/")
    assert response.url == f"{reader.site}/admin/login/?next=/room/"
    assert try_to_connect(stranger, f"{address}?channel=lobby") == "refused"
    assert try_to_connect(stranger, f"{address}?channel=lobby&ws_token=guessed") == "refused"
    assert try_to_connect(pages[0], f"{address}?channel=lobby") == "refused"
    token = pages[0].evaluate(
        """async () => {
        const cookie = document.cookie.match(/csrftoken=([^;]+)/)[1];
        const headers = { "X-CSRFToken": cookie };
        const response = await fetch("/ws/room/token/", { method: "POST", headers });
        return (await response.json()).token;
    }"""
    )
    assert try_to_connect(stranger, f"{address}?channel=lobby&ws_token={token}") == "refused"
    assert "A connection was refused: " in reader.server_said
    stranger.close()
    for page in pages:
        page.close()


def replies_and_errors_are_shown(reader: Reader, contexts) -> None:
    pages = [open_as(context, f"{reader.site}/room/", "") for context in contexts]

    say(pages[0], "Hello")
    expect_lines(pages, "ada: Hello")
    expect(pages[0].locator("#status")).to_have_text("5 characters were said")
    say(pages[0], "")
    expect(pages[0].locator("#status")).to_have_text('"" was not said: There is nothing in it.')

    reader.stop()
    for page in pages:
        expect(page.locator("#status")).not_to_contain_text("open")
    reader.serve(["manage.py", "runserver"])
    for page in pages:
        page.bring_to_front()
        expect(page.locator("#status")).to_contain_text("open")
    say(pages[1], "Back")
    expect_lines(pages, "ada: Hello", "grace: Back")
    for page in pages:
        page.close()


def members_see_and_hear_each_other(reader: Reader, ada, grace) -> None:
    pages = [
        open_as(ada, f"{reader.site}/room/7/", ""),
        open_as(grace, f"{reader.site}/room/7/", ""),
    ]
    for page in pages:
        expect(page.locator("#members")).to_have_text("ada, grace")
    elsewhere = open_as(grace, f"{reader.site}/room/8/", "")

    say(pages[0], "Hello <b>Grace</b>")
    expect_lines(pages, "ada: Hello <b>Grace</b>")
    tea = TUTORIAL / "files/4-rooms-with-presence/tea.sh"
    reader.type_lines(tea)
    expect_lines(pages, "ada: Hello <b>Grace</b>", "the server: Tea is ready.")
    expect(elsewhere.locator("#members")).to_have_text("grace")
    expect_lines([elsewhere])

    pages[1].close()
    expect(pages[0].locator("#members")).to_have_text("ada", timeout=LEAVE_MS)
