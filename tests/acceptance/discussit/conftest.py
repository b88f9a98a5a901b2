"""A running DiscussIt of each kind, and people in it."""

import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext

from tests.acceptance.discussit.sites import SERVER, Site, on_channels, on_the_package
from tests.acceptance.discussit.visitor import People
from tests.run import REDIS_PORT, answers

VERSIONS = {"package": on_the_package, "channels": on_channels}


@pytest.fixture(scope="session", params=VERSIONS)
def site(request, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    needed = {"PostgreSQL": int(SERVER["port"])}
    if request.param == "channels":
        needed["Redis"] = REDIS_PORT
    for name, port in needed.items():
        if not answers(port):
            assert not os.environ.get("CI"), f"under CI {name} may not be missing"
            pytest.skip(f"{name} does not answer")
    with VERSIONS[request.param](tmp_path_factory.mktemp("discussit")) as site:
        yield site


@pytest.fixture(scope="module")
def logged_in(site: Site, browser: Browser) -> Iterator[dict[str, BrowserContext]]:
    """Browsers of who has logged in."""
    contexts: dict[str, BrowserContext] = {}
    yield contexts
    for context in contexts.values():
        context.close()


@pytest.fixture
def people(site: Site, browser: Browser, logged_in) -> Iterator[People]:
    """Users with browsers; fails the test on any error that a page reports."""
    people = People(site, browser, logged_in)
    yield people
    people.leave()
    assert people.errors == []
