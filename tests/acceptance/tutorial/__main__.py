"""`python -m tests.acceptance.tutorial`: the seconds to the first message in a second tab.

They count from the first command of the tutorial, with everything that its first page lets run, but
without what a person needs to read and type, and without the installation.
"""

import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.acceptance.tutorial.reader import Reader

CHROMIUM = "/usr/bin/chromium"
DEADLINE_MS = 60_000


def main() -> int:
    """Follow the first page, and print the seconds."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        reader = Reader(Path(folder))
        begun = time.monotonic()
        try:
            reader.follow("1-two-tabs")
            serving = time.monotonic()
            first, second = browser.new_page(), browser.new_page()
            for page in (first, second):
                page.goto(f"{reader.site}/room/")
                page.get_by_text("open").wait_for(timeout=DEADLINE_MS)
            first.fill("[name=text]", "Hello")
            first.click("button")
            second.get_by_text("Hello").wait_for(timeout=DEADLINE_MS)
            arrived = time.monotonic()
        finally:
            reader.stop()
            browser.close()
    print(f"{serving - begun:.1f} s until the server listens")
    print(f"{arrived - begun:.1f} s until the second tab has the first message")
    return 0


if __name__ == "__main__":
    sys.exit(main())
