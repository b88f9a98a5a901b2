"""A running chat room, and visitors to it."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.acceptance.chat_room.process import ChatRoom

# So that a test can cut the page's connection.
KEEP_SOCKETS = """
    window.sockets = [];
    window.WebSocket = class extends WebSocket {
        constructor(...values) { super(...values); sockets.push(this); }
    };
"""


@pytest.fixture(scope="session")
def chat_room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChatRoom]:
    room = ChatRoom(tmp_path_factory.mktemp("chat_room"))
    room.start()
    yield room
    room.stop()


@pytest.fixture
def visit(chat_room: ChatRoom, browser: Browser) -> Iterator[Callable[..., Page]]:
    """Open the page as a new guest, connected; fails the test on any error the page reports."""
    contexts, errors = [], []

    def open_page(room: str = "general", **options: object) -> Page:
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 800}, **options})
        context.add_init_script(KEEP_SOCKETS)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(f"{chat_room.address}#{room}")
        expect(page.locator("#connection-state")).to_have_text("Connected")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert errors == []
