from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.chromium import chromium


# Without an __init__.py in its folder, a scope of "package" lasts as long as the process.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Headless Chromium."""
    with chromium() as browser:
        yield browser
