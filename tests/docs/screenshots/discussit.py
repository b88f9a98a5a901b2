"""DiscussIt with two people in a group, and its admin with their sockets."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from tests.acceptance.discussit.demos import demo
from tests.acceptance.discussit.visitor import PASSWORD, connected, expect_in_log, member, say
from tests.docs.screenshots.window import DESKTOP, closing_windows, open_window

GROUP = "Analytical engines"
SAID = (
    ("ada", "The engine weaves algebraic patterns, as the loom weaves flowers and leaves."),
    ("grace", "And who takes the moths out of it?"),
    ("ada", "Whoever finds them. Please tape each one into the log."),
    ("grace", "That is what the log is for."),
)


@contextmanager
def discussit(browser: Browser) -> Iterator[dict[str, Page]]:
    """Run the demo, let two people talk in a group of it; give the pages by name."""
    with (
        tempfile.TemporaryDirectory() as folder,
        demo("discussit", Path(folder)) as running,
        closing_windows(browser),
    ):
        pages = {name: _log_in(browser, running.address, name) for name in ("ada", "grace")}
        elsewhere = _log_in(browser, running.address, "alan")
        connected(elsewhere)
        for page in pages.values():
            _join(page)
        for name, text in SAID:
            say(pages[name], text)
            for page in pages.values():
                expect_in_log(page, text)
        expect(member(pages["ada"], "grace")).to_be_visible()
        staff = _log_in(browser, running.address, "admin", "/admin/")
        # Beside the list of all models, little room is left for the columns.
        staff.goto(f"{running.address}admin/chat/group/")
        staff.locator("#toggle-nav-sidebar").click()
        yield {"ada": pages["ada"], "staff": staff}


def _log_in(browser: Browser, site: str, name: str, path: str = "/") -> Page:
    page = open_window(browser, DESKTOP).new_page()
    page.goto(f"{site}accounts/login/?next={path}")
    page.fill("[name=username]", name)
    page.fill("[name=password]", PASSWORD)
    page.press("[name=password]", "Enter")
    page.wait_for_url(f"{site.rstrip('/')}{path}")
    return page


def _join(page: Page) -> None:
    group = connected(page).locator(".group").filter(has_text=GROUP)
    group.get_by_role("button", name="Join").click()
    group.get_by_role("button", name="Open").click()
    expect(page.locator("h1")).to_have_text(GROUP)
    connected(page)
