"""The chat room as its visitors meet it."""

import re
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.acceptance.chat_room.process import ChatRoom
from tests.acceptance.chat_room.visitor import exchange, message, say

pytestmark = pytest.mark.browser
Visit = Callable[..., Page]


def test_two_visitors_read_each_other(visit: Visit) -> None:
    ada, ben = visit(), visit()

    say(ada, "Is anybody here?")
    expect(message(ben, "Is anybody here?")).to_be_visible()
    say(ben, "I am.")

    expect(message(ada, "I am.")).to_be_visible()
    expect(message(ben, "I am.")).to_have_count(1)
    expect(ada.locator("#message-input")).to_have_value("")


def test_every_visitor_is_somebody_else_and_stays_so(visit: Visit) -> None:
    ada, ben = visit(), visit()
    name = ada.inner_text("#who")

    ada.reload()

    assert re.fullmatch(r"[a-z]+-[a-z]+(-\d+)?", name)
    assert ben.inner_text("#who") != name
    expect(ada.locator("#who")).to_have_text(name)


def test_a_message_stays_in_its_room(visit: Visit) -> None:
    ada, ben = visit(), visit()

    ada.select_option("#room", "support")
    say(ada, "Only for support.")
    expect(message(ada, "Only for support.")).to_be_visible()
    say(ben, "Only for general.")
    expect(message(ben, "Only for general.")).to_be_visible()

    expect(message(ben, "Only for support.")).to_have_count(0)
    expect(message(ada, "Only for general.")).to_have_count(0)
    ben.select_option("#room", "support")
    expect(message(ben, "Only for support.")).to_be_visible()


def test_history_is_there_after_a_reload(visit: Visit) -> None:
    page = visit()
    say(page, "Remember me.")
    expect(message(page, "Remember me.")).to_be_visible()

    page.reload()

    expect(message(page, "Remember me.")).to_have_count(1)


def test_the_head_says_who_is_here(visit: Visit) -> None:
    ada, ben = visit("random"), visit("random")
    names = [page.inner_text("#who") for page in (ada, ben)]

    for page in (ada, ben):
        for name in names:
            expect(page.locator("#here")).to_have_attribute("title", re.compile(name))
        # Visitors who were here a moment ago may still be counted.
        expect(page.locator("#here")).to_have_text(re.compile(r"\d+ here"))


def test_a_visitor_who_goes_to_another_room_is_no_longer_here(visit: Visit) -> None:
    ada, ben = visit("random"), visit("random")
    name = ben.inner_text("#who")
    ada.clock.install()
    expect(ada.locator("#here")).to_have_attribute("title", re.compile(name))

    ben.select_option("#room", "support")
    told = ada.locator("#wire li").filter(has_text=re.compile(rf'"left": \[[^\]]*"{name}"'))
    expect(told).to_have_count(1)
    # The page waits for those who come back.
    ada.clock.fast_forward(16_000)

    expect(ada.locator("#here")).not_to_have_attribute("title", re.compile(name))
    expect(ben.locator("#here")).to_have_attribute("title", re.compile(name))


def test_the_page_refuses_a_blank_message(visit: Visit) -> None:
    page = visit()

    say(page, "   ")

    expect(page.locator("#notice")).to_have_text("Message cannot be empty.")
    expect(page.locator("#messages .pending")).to_have_count(0)


def test_the_page_keeps_a_message_that_is_too_long(visit: Visit) -> None:
    page = visit()

    say(page, "x" * 2_003)

    expect(page.locator("#notice")).to_have_text("This message is 3 characters too long.")
    expect(page.locator("#message-input")).to_have_value("x" * 2_003)


def test_the_server_refuses_what_a_page_would_not_send(visit: Visit) -> None:
    page = visit()

    answers = exchange(
        page,
        {"action": "chat_message", "id": "a", "room": "support", "message": " \n "},
        {"action": "chat_message", "id": "b", "room": "support", "message": "x" * 2_001},
        {"action": "chat_message", "id": "c", "room": "board-room", "message": "hello"},
        {"action": "subscribe", "id": "d", "channels": {"board-room": None}},
        {"action": "send_email", "id": "e"},
    )

    assert [answer["id"] for answer in answers] == ["a", "b", "c", "d", "e"]
    errors = [answer.get("error") for answer in answers]
    assert [error and error["message"] for error in errors] == [
        "Message cannot be empty.",
        "Message has 2,001 characters; at most 2,000 fit.",
        "There is no such room.",
        None,
        "No handler has this name.",
    ]
    assert answers[3]["channels"]["board-room"]["error"]["code"] == "forbidden"


def test_a_frame_that_arrives_twice_is_one_message(visit: Visit) -> None:
    page = visit()
    words = {"room": "support", "message": "Once.", "frame_id": "the-same-frame"}
    frame = {"action": "chat_message", "id": "a", **words}

    first, second = exchange(page, frame, frame)

    assert first["data"]["message"] == "Once."
    assert first == second


def test_markup_in_a_message_is_text(visit: Visit) -> None:
    ada, ben = visit(), visit()
    markup = '<img src=x onerror="document.title=1"><b>bold</b>'

    say(ada, markup)

    expect(message(ben, markup)).to_be_visible()
    assert ben.locator("#messages b, #messages img").count() == 0


def test_a_message_keeps_its_lines(visit: Visit) -> None:
    ada, ben = visit(), visit()

    ada.focus("#message-input")
    ada.keyboard.type("first")
    ada.keyboard.press("Shift+Enter")
    ada.keyboard.type("second")
    ada.keyboard.press("Enter")

    text = ben.locator("#messages .text").last
    expect(text).to_contain_text("second")
    assert text.inner_text() == "first\nsecond"


def test_messages_of_one_visitor_in_a_row_stand_under_one_name(visit: Visit) -> None:
    ada, ben = visit("support"), visit("support")
    for number in range(3):
        say(ada, f"row {number}")
    expect(message(ben, "row 2")).to_be_visible()
    say(ben, "Indeed.")
    expect(message(ada, "Indeed.")).to_be_visible()

    last_four = ada.locator("#messages .message").all()[-4:]

    continues = ["continues" in (item.get_attribute("class") or "") for item in last_four]
    assert continues == [False, True, True, False]
    assert "own" in (last_four[0].get_attribute("class") or "")


def test_the_wire_names_the_handler_of_every_frame(visit: Visit) -> None:
    page = visit()
    say(page, "What travelled?")
    expect(message(page, "What travelled?")).to_be_visible()

    # Others come and go meanwhile, which the page is told.
    of_handler = page.locator("#wire li").filter(has_text="chat_message()")
    received, sent = of_handler.nth(0), of_handler.nth(1)

    expect(received).to_contain_text("sent by chat_message()")
    expect(sent).to_contain_text(re.compile(r"taken by chat_message\(\) · \d+ ms"))
    sent.locator("summary").click()
    payload = sent.locator("pre").inner_text()
    assert '"message": "What travelled?"' in payload
    size = len(str.encode(page.evaluate("text => JSON.stringify(JSON.parse(text))", payload)))
    expect(sent).to_contain_text(f"{size} B")


def test_an_empty_room_says_how_to_get_company(visit: Visit) -> None:
    page = visit("random")  # No test speaks in this room.

    with page.expect_popup() as opening:
        page.get_by_role("link", name="Open this address in a second tab").click()

    second = opening.value
    expect(second.locator("#room")).to_have_value("random")
    expect(second.locator("#who")).to_have_text(page.inner_text("#who"))


def test_a_notice_from_the_shell_reaches_every_room(visit: Visit, chat_room: ChatRoom) -> None:
    ada, ben = visit("general"), visit("support")

    chat_room.manage(
        "shell",
        "--no-imports",
        "-c",
        "from django_aws_api_gateway_websockets.models import WebSocketSession as Session;"
        "Session.objects.filter(connected=True).send_message("
        "{'type': 'system', 'message': 'Maintenance in 5 minutes.'})",
    )

    for page in (ada, ben):
        expect(page.locator("#messages .notice .text")).to_have_text("Maintenance in 5 minutes.")
        notice = page.locator("#wire li").filter(has_text="system")
        expect(notice).to_contain_text("sent outside a handler")


def test_the_examples_own_tests_pass(chat_room: ChatRoom) -> None:
    chat_room.manage("test", "chat", "--verbosity=0")


def test_the_page_talks_to_this_machine_only_and_runs_nothing_inline(
    visit: Visit, chat_room: ChatRoom
) -> None:
    page = visit()
    hosts = set()
    page.on("request", lambda request: hosts.add(urlsplit(request.url).hostname))

    response = page.reload()
    expect(page.locator("#connection-state")).to_have_text("Connected")

    assert hosts == {"127.0.0.1"}
    policy = response.headers["content-security-policy"]
    assert policy.startswith("default-src 'self'; connect-src 'self' ws://127.0.0.1:")
    assert "unsafe" not in policy
    assert response.headers["cache-control"].startswith("max-age=0, no-cache")
    session = next(c for c in page.context.cookies() if c["name"] == "chat_room_session")
    assert session["httpOnly"]
