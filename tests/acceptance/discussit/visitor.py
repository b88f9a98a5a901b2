"""The acts of users of DiscussIt, and a program in a user's place."""

from dataclasses import dataclass, field

from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect
from websockets.sync.client import ClientConnection, connect

from tests.acceptance.discussit.sites import Site
from tests.waiting import SECONDS, eventually

# A sync worker of gunicorn serves nobody else while a connection that Chromium opened in advance
# says nothing, which may be 10 seconds.
PASSWORD = "discuss-it"

# The page's own module, which knows how its side opens a socket: what is heard is kept.
OPEN_BY_HAND = """async (channel) => {
    const { connect } = await import("/static/chat/connection.js");
    window.heard = [];
    return new Promise((resolve) => {
        window.byHand = connect(channel, {
            onState() {},
            onFrame: (frame) => window.heard.push(frame),
            onOpen: () => resolve("open"),
            onLost: () => { window.byHand.stop(); resolve("closed"); window.isLost = true; },
        });
    });
}"""

SOCKET_URL = """async (channel) => {
    const meta = document.querySelector("meta[name=socket]");
    if (!meta) {
        const path = channel === "home" ? "/" : `/groups/${channel}/`;
        return `ws://${location.host}${path}`;
    }
    const { tokenUrl, csrfCookie } = meta.dataset;
    const csrf = document.cookie.match(`${csrfCookie}=([^;]*)`)[1];
    const request = { method: "POST", headers: { "X-CSRFToken": csrf } };
    const { token } = await (await fetch(tokenUrl, request)).json();
    return `${meta.content}?channel=${channel}&ws_token=${token}`;
}"""


@dataclass
class People:
    """Users with a browser each; they notice every error a page reports."""

    site: Site
    browser: Browser
    logged_in: dict[str, BrowserContext]
    """Browsers of who has logged in, which last as long as the site."""
    errors: list[str] = field(default_factory=list)
    _contexts: list[BrowserContext] = field(default_factory=list)
    _tabs: list[Page] = field(default_factory=list)

    def come(self, name: str, path: str = "/", **viewport: object) -> Page:
        """Open a page of somebody who is logged in."""
        if name not in self.logged_in:
            self.logged_in[name] = self.browser.new_context()
            self._log_in(name, self.tab(self.logged_in[name]))
        page = self.tab(self.logged_in[name])
        if viewport:
            page.set_viewport_size(viewport)
        page.goto(self.site.address + path)
        return page

    def come_anew(self, name: str) -> Page:
        """Log in with name and password, in a browser of its own."""
        return self._log_in(name, self.tab(self.anybody()))

    def anybody(self) -> BrowserContext:
        context = self.browser.new_context()
        self._contexts.append(context)
        return context

    def tab(self, context: BrowserContext) -> Page:
        page = context.new_page()
        self._tabs.append(page)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", self._note)
        page.on("dialog", lambda dialog: (self.errors.append(dialog.message), dialog.dismiss()))
        return page

    def leave(self) -> None:
        for tab in self._tabs:
            tab.close()
        for context in self._contexts:
            context.close()

    def _log_in(self, name: str, page: Page) -> Page:
        page.goto(f"{self.site.address}/accounts/login/")
        page.fill("[name=username]", name)
        page.fill("[name=password]", PASSWORD)
        page.press("[name=password]", "Enter")
        expect(page).to_have_url(f"{self.site.address}/")
        return page

    def _note(self, message) -> None:
        if message.type in {"error", "warning"}:
            self.errors.append(message.text)


def connected(page: Page) -> Page:
    expect(page.locator("#connection-state")).to_have_text("Connected")
    return page


def button(page: Page, action: str, group: str) -> Locator:
    return page.locator(f"[id='{action}-{group}']")


def options(page: Page, group: str) -> list[str]:
    return page.locator(f"[id='{group}'] .group_option").all_inner_texts()


def log(page: Page) -> str:
    return page.input_value("#chat-log")


def expect_in_log(page: Page, text: str) -> None:
    page.wait_for_function(
        "text => document.getElementById('chat-log').value.includes(text)", arg=text
    )


def expect_same_log(page: Page, other: Page) -> None:
    assert eventually(lambda: log(page) == log(other)), (log(page), log(other))


def say(page: Page, text: str) -> None:
    page.fill("#chat-message-input", text)
    page.press("#chat-message-input", "Enter")


def member(page: Page, name: str) -> Locator:
    return page.locator("#members li").get_by_text(name, exact=True)


def open_by_hand(page: Page, channel: str) -> str:
    """Open a further socket of this user's; tell whether it is open."""
    return page.evaluate(OPEN_BY_HAND, channel)


def send_by_hand(page: Page, **frame: object) -> None:
    page.evaluate("frame => window.byHand.send(frame)", frame)


def heard(page: Page, count: int) -> list[dict]:
    """Return what the socket by hand has heard, once it is that much."""
    page.wait_for_function("count => window.heard.length >= count", arg=count)
    return page.evaluate("window.heard")


def connect_as(page: Page, channel: str, *, cookies: str = "") -> ClientConnection:
    """Open a socket as the page would, but without a browser: with its cookies, or others."""
    own = "; ".join(f"{one['name']}={one['value']}" for one in page.context.cookies())
    return connect(
        page.evaluate(SOCKET_URL, channel),
        origin=page.evaluate("location.origin"),
        additional_headers={"Cookie": cookies or own},
        open_timeout=SECONDS,
    )
