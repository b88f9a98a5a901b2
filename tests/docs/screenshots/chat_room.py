"""The chat room with two people who talk, on a desk and on a phone, and its gateway's live page."""

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from tests.acceptance.chat_room.process import ChatRoom
from tests.acceptance.chat_room.visitor import message, say
from tests.docs.screenshots.window import DESKTOP, PHONE, closing_windows, open_window

HERE = "sunny-plover"
THERE = "fleet-heron"
COOKIE = "chat_room_session"

YESTERDAY = (
    (THERE, "18:12", "The site moves to its new address tomorrow. I will be at my desk."),
    (HERE, "18:13", "Works for me."),
)
TODAY = (
    (THERE, "Staging has been on the new address for an hour, and nobody noticed."),
    (HERE, "Not one reconnect so far?"),
    (THERE, "One: I closed the lid for ten minutes. What I had typed waited, and was sent once."),
    (HERE, "I tried <b>bold</b> in a message. It shows the tags, as it should."),
    (THERE, "Is anybody in the support room during the move?"),
    (HERE, "Yes, I am in both."),
    (THERE, "Then we are set."),
)
UNSENT = "See you on the other side"

# Names that are drawn would be other ones each time.
INVITE = """
import datetime, json
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from chat.guests import create_guest
from chat.models import ChatMessage

keys = {{}}
for name in {names!r}:
    user = create_guest(lambda *, numbered: name)
    keys[name] = session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
day = datetime.datetime.now(datetime.UTC).date() - datetime.timedelta(days=1)
for name, time, text in {said!r}:
    message = ChatMessage.objects.create(room="general", username=name, message=text)
    message.created_at = f"{{day}}T{{time}}:00Z"
    message.save()
print(json.dumps({{name: session.session_key for name, session in keys.items()}}))
"""


@contextmanager
def chat_room(browser: Browser) -> Iterator[dict[str, Page]]:
    """Run the example, let two people talk in it; give the pages by name."""
    with tempfile.TemporaryDirectory() as folder:
        room = ChatRoom(Path(folder))
        room.start()
        try:
            with closing_windows(browser):
                yield _open_pages(browser, room)
        finally:
            room.stop()


def _open_pages(browser: Browser, room: ChatRoom) -> dict[str, Page]:
    keys = _invite(room)
    here, phone = (_visit(browser, size, room, keys[HERE]) for size in (DESKTOP, PHONE))
    there = _visit(browser, DESKTOP, room, keys[THERE])
    _talk({HERE: here, THERE: there})
    for page in (here, phone):
        expect(page.locator("#here")).to_have_text("2 here")
        expect(message(page, TODAY[-1][-1])).to_be_visible()
        page.fill("#message-input", UNSENT)
    return {"desk": here, "phone": phone, "gateway": _live_page(browser, room)}


def _invite(room: ChatRoom) -> dict[str, str]:
    """Let the visitors have talked yesterday; return the key of each one's session."""
    script = INVITE.format(names=(HERE, THERE), said=YESTERDAY)
    told = room.ask("shell", "-c", script)
    assert told.returncode == 0, told.stderr
    return json.loads(told.stdout.splitlines()[-1])


def _visit(browser: Browser, size: dict[str, object], room: ChatRoom, key: str) -> Page:
    context = open_window(browser, size)
    context.add_cookies([{"name": COOKIE, "value": key, "url": room.address}])
    page = context.new_page()
    page.goto(f"{room.address}#general")
    expect(page.locator("#connection-state")).to_have_text("Connected")
    expect(message(page, YESTERDAY[-1][-1])).to_be_visible()
    return page


def _talk(pages: dict[str, Page]) -> None:
    for speaker, text in TODAY:
        say(pages[speaker], text)
        for page in pages.values():
            expect(message(page, text)).to_be_visible()


def _live_page(browser: Browser, room: ChatRoom) -> Page:
    page = open_window(browser, DESKTOP).new_page()
    page.goto(f"{room.gateway_address}_gateway/")
    expect(page.locator("#status")).to_have_text("live")
    expect(page.locator("#traffic").get_by_text(TODAY[-1][-1]).first).to_be_visible()
    return page
