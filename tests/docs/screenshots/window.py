"""Windows that look alike on each run: one size, language and time zone, and nothing moves."""

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, BrowserContext, expect, sync_playwright

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    # Letters without coloured edges, and where no screen would have moved them.
    "--disable-lcd-text",
    "--font-render-hinting=none",
    "--force-color-profile=srgb",
]
EXPECTED_WITHIN_MS = 60_000
DESKTOP = {"viewport": {"width": 1280, "height": 800}, "device_scale_factor": 1}
PHONE = {
    "viewport": {"width": 390, "height": 844},
    "device_scale_factor": 2,
    "has_touch": True,
    "is_mobile": True,
}


@contextmanager
def headless() -> Iterator[Browser]:
    """Start Chromium, as the system has it."""
    expect.set_options(timeout=EXPECTED_WITHIN_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def closing_windows(browser: Browser) -> Iterator[None]:
    """Close all windows at the end: a server that is stopped waits for their connections."""
    try:
        yield
    finally:
        for context in browser.contexts:
            context.close()


def open_window(browser: Browser, size: dict[str, object]) -> BrowserContext:
    """Open a window with cookies of its own."""
    context = browser.new_context(
        locale="en-GB", timezone_id="UTC", reduced_motion="reduce", **size
    )
    context.set_default_timeout(EXPECTED_WITHIN_MS)
    return context
