"""The chat room without a mouse, without much room, and without good eyes."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.acceptance.chat_room.visitor import message, say

pytestmark = pytest.mark.browser
Visit = Callable[..., Page]

FOCUSED = "document.activeElement.id || document.activeElement.tagName.toLowerCase()"
TEXT_CONTRAST = 4.5

# Computed colours may be in any notation; a canvas turns each into red, green and blue.
CONTRAST_OF_SPEAKERS = """() => {
    const context = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
    const luminance = (colour) => {
        context.fillStyle = colour;
        context.fillRect(0, 0, 1, 1);
        const [red, green, blue] = [...context.getImageData(0, 0, 1, 1).data].map((byte) => {
            const share = byte / 255;
            return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
        });
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    };
    const who = document.getElementById("who");
    const paper = luminance(getComputedStyle(document.body).backgroundColor);
    return Array.from({ length: 360 }, (_, hue) => {
        who.style.setProperty("--hue", hue);
        const [dark, light] = [luminance(getComputedStyle(who).color), paper].sort((a, b) => a - b);
        return (light + 0.05) / (dark + 0.05);
    });
}"""


def has_sideways_scroll(page: Page) -> bool:
    return page.evaluate("document.documentElement.scrollWidth > innerWidth")


def test_everything_can_be_done_with_the_keyboard(visit: Visit) -> None:
    page = visit("random")
    expect(page.get_by_role("link")).to_be_visible()

    order = [page.evaluate(FOCUSED)]
    page.keyboard.press("Tab")
    order.append(page.evaluate("document.activeElement.textContent"))
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Shift+Tab")
    order.append(page.evaluate("document.activeElement.textContent"))
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Shift+Tab")
    order.append(page.evaluate(FOCUSED))

    assert order == ["message-input", "Send", "Open this address in a second tab", "room"]
    page.keyboard.press("s")
    expect(page.locator("#room")).to_have_value("support")
    replies = page.locator("#wire li.received").filter(has_text="fetch_history()")
    expect(replies).to_have_count(2)
    page.focus("#message-input")
    page.keyboard.type("No mouse was needed.")
    page.keyboard.press("Enter")
    expect(message(page, "No mouse was needed.")).to_be_visible()
    assert page.evaluate(FOCUSED) == "message-input"
    for _ in range(3):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#wire pre").first).to_be_visible()


def test_focus_can_be_seen(visit: Visit) -> None:
    page = visit("support")

    page.keyboard.press("Tab")
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")

    assert outline == "solid"


def test_controls_have_names_and_news_is_announced_politely(visit: Visit) -> None:
    ada, ben = visit(), visit()

    expect(ada.get_by_role("combobox", name="Room")).to_be_visible()
    expect(ada.get_by_role("textbox", name="Message")).to_be_visible()
    expect(ada.get_by_role("button", name="Send")).to_be_visible()
    expect(ada.get_by_role("status")).to_have_text("Connected.")
    say(ben, "Can you hear me?")

    announcements = ada.locator("#announcements")
    expect(announcements).to_contain_text(f"{ben.inner_text('#who')}: Can you hear me?")
    assert announcements.get_attribute("aria-live") == "polite"
    expect(ben.locator("#announcements")).to_have_text("")


@pytest.mark.parametrize("width", [360, 390, 640, 1024])
def test_nothing_has_to_be_scrolled_sideways(visit: Visit, width: int) -> None:
    page = visit(viewport={"width": width, "height": 640})

    endless = f"{width}-without-an-end" * 20
    say(page, endless)
    expect(message(page, endless)).to_be_visible()

    assert not has_sideways_scroll(page)
    page.locator("#wire-panel > summary").click()
    page.locator("#wire summary").first.evaluate("row => row.click()")
    assert not has_sideways_scroll(page)


def test_the_wire_is_folded_away_on_a_phone_and_open_on_a_desk(visit: Visit) -> None:
    phone, desk = visit(viewport={"width": 390, "height": 844}), visit()

    expect(phone.locator("#wire")).to_be_hidden()
    expect(desk.locator("#wire")).to_be_visible()
    phone.get_by_role("heading", name="What travelled").click()

    expect(phone.locator("#wire li").first).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_name_is_readable_in_whichever_colour_it_gets(visit: Visit, scheme: str) -> None:
    page = visit(color_scheme=scheme)

    contrasts = page.evaluate(CONTRAST_OF_SPEAKERS)

    assert min(contrasts) >= TEXT_CONTRAST


def test_nothing_moves_for_those_who_asked_for_rest(visit: Visit) -> None:
    page = visit(reduced_motion="reduce")

    page.evaluate("document.body.dataset.line = 'connecting'")

    assert page.evaluate("document.getAnimations().length") == 0
