import json
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.client.node import node_command

HERE = Path(__file__).parent
APP = "django_aws_api_gateway_websockets"
STATIC = HERE.parents[2] / "src" / APP / "static" / APP
SECONDS = 60.0


@dataclass
class Room:
    """The server as a process of its own."""

    url: str
    process: subprocess.Popen[str]

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    def state(self) -> dict[str, Any]:
        return self.ask("state")

    def ask(self, order: str) -> Any:
        with urllib.request.urlopen(f"{self.url}/room/{order}", timeout=SECONDS) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def say(self, text: str) -> None:
        self.ask(f"say?text={text}")


@contextmanager
def room_process(port: int = 0) -> Iterator[Room]:
    command = [*node_command(), str(HERE / "room.mjs"), str(port), str(STATIC)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield Room(process.stdout.readline().strip(), process)
        finally:
            process.kill()


@pytest.fixture
def room() -> Iterator[Room]:
    with room_process() as room:
        yield room


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Headless Chromium with the cache for going back, which Playwright turns off otherwise."""
    arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium",
            args=arguments,
            ignore_default_args=["--disable-back-forward-cache"],
        )
        yield browser
        browser.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context()
    yield context
    context.close()


@pytest.fixture
def problems() -> list[str]:
    """The complaints of pages: a test that expects none says so."""
    return []


@pytest.fixture
def page(context: BrowserContext, problems: list[str]) -> Page:
    page = context.new_page()
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on(
        "console",
        lambda message: message.type == "error" and problems.append(message.text),
    )
    return page
