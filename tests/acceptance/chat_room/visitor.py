"""A visitor of the page, and a program in a visitor's place."""

from playwright.sync_api import Locator, Page, expect


def expect_connected(page: Page, timeout_ms: int) -> None:
    expect(page.locator("#connection-state")).to_have_text("Connected", timeout=timeout_ms)


def say(page: Page, text: str) -> None:
    page.fill("#message-input", text)
    page.press("#message-input", "Enter")


def message(page: Page, text: str) -> Locator:
    """The message with this text, once the room has confirmed it."""
    return page.locator("#messages .message:not(.pending) .text").get_by_text(text, exact=True)


def cut(page: Page) -> None:
    """End the page's socket, as a lost network does."""
    page.evaluate("sockets.forEach((socket) => socket.close(4000))")


def exchange(page: Page, *frames: dict[str, object]) -> list[dict[str, object]]:
    """Send frames over a socket of our own, one after the other, and return the reply to each."""
    hello = {"action": "hello", "id": "hello", "ws": 1, "client": "a-program", "channels": {}}
    return page.evaluate(
        """async (frames) => {
            const { textContent } = document.getElementById("websocket-client");
            const { url, tokenUrl, csrfCookie } = JSON.parse(textContent);
            const csrf = document.cookie.match(`${csrfCookie}=([^;]*)`)[1];
            const headers = { "X-CSRFToken": csrf };
            const { token } = await (await fetch(tokenUrl, { method: "POST", headers })).json();
            const socket = new WebSocket(`${url}?ws_token=${token}`);
            await new Promise((opened, failed) => {
                Object.assign(socket, { onopen: opened, onerror: failed });
            });
            const answers = [];
            for (const frame of frames) {
                const answer = new Promise((arrived) => { socket.onmessage = arrived; });
                socket.send(JSON.stringify(frame));
                answers.push(JSON.parse((await answer).data));
            }
            socket.close();
            return answers;
        }""",
        [hello, *frames],
    )[1:]
