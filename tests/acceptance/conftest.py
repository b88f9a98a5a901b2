from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

EXPECTED_WITHIN_MS = 30_000
"""What a page shows at last counts; a busy machine takes longer than Playwright's five seconds."""


# No longer than a module: while Playwright's own loop runs, no async test can. Without an
# __init__.py in its folder, a scope of "package" lasts as long as the process.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Headless Chromium, as the system has it."""
    expect.set_options(timeout=EXPECTED_WITHIN_MS)
    arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=arguments)
        yield browser
        browser.close()
