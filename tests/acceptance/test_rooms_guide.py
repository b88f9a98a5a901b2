"""The guide to rooms, pasted into a new project: two people see and hear each other."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.acceptance.chat_room.process import connect_within, free_port
from tests.docs.pages import DOCS, blocks

SECONDS = 30.0
GUIDE = [block.code for block in blocks(DOCS / "how-to/rooms.md")]
SETTINGS, CHANNELS, VIEWS, URLS, TEMPLATE, PUBLISH = (
    code for code in GUIDE if not code.startswith("$ ")
)
USERS = (
    "from django.contrib.auth import get_user_model as users\n"
    "for name in ('ada', 'grace'): users().objects.create_superuser(name, password=name)\n"
)
ENVIRONMENT = {key: value for key, value in os.environ.items() if "DJANGO" not in key}

pytestmark = pytest.mark.browser


def run(project: Path, *arguments: str) -> None:
    subprocess.run(
        [sys.executable, *arguments],
        cwd=project,
        env=ENVIRONMENT,
        timeout=SECONDS,
        check=True,
        stdout=subprocess.DEVNULL,
    )


@pytest.fixture
def project(tmp_path) -> Path:
    """Make what the guide's commands make, with its blocks in the files it names."""
    run(tmp_path, "-m", "django", "startproject", "mysite")
    root = tmp_path / "mysite"
    run(root, "manage.py", "startapp", "chat")
    templates = root / "chat/templates/chat"
    templates.mkdir(parents=True)
    with (root / "mysite/settings.py").open("a") as settings:
        settings.write(f"\n{SETTINGS}")
        address = f"127.0.0.1:{free_port()}"
        settings.write(f'\nWEBSOCKETS["local_gateway_address"] = "{address}"\n')
    for name, code in {
        "chat/channels.py": CHANNELS,
        "chat/views.py": VIEWS,
        "mysite/urls.py": URLS,
        "chat/templates/chat/room.html": TEMPLATE,
    }.items():
        (root / name).write_text(code)
    run(root, "manage.py", "migrate", "--verbosity=0")
    run(root, "manage.py", "shell", "-c", USERS)
    run(root, "manage.py", "check", "--fail-level", "WARNING")
    return root


@pytest.fixture
def site(project) -> Iterator[str]:
    port = free_port()
    with (project / "terminal.txt").open("w") as terminal:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "runserver", str(port)],
            cwd=project,
            env=ENVIRONMENT,
            stdout=terminal,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        connect_within(port, SECONDS)
        yield f"http://127.0.0.1:{port}"
        os.killpg(process.pid, signal.SIGINT)
        assert process.wait(SECONDS) == 0


def enter(browser: Browser, site: str, name: str) -> Page:
    page = browser.new_context().new_page()
    page.goto(f"{site}/rooms/7/")
    page.fill("#id_username", name)
    page.fill("#id_password", name)
    page.click("[type=submit]")
    expect(page.locator("#status")).to_contain_text("open")
    return page


def test_two_people_in_a_room_see_and_hear_each_other(site, project, browser: Browser):
    ada, grace = enter(browser, site, "ada"), enter(browser, site, "grace")
    for page in (ada, grace):
        expect(page.locator("#members")).to_have_text("ada, grace")

    ada.fill("[name=text]", "Hello <b>Grace</b>")
    ada.click("button")
    for page in (ada, grace):
        expect(page.locator("#log li")).to_have_text(["ada: Hello <b>Grace</b>"])
    expect(ada.locator("[name=text]")).to_have_value("")

    run(project, "manage.py", "shell", "-c", PUBLISH)
    expect(grace.locator("#log li").nth(1)).to_have_text("the server: Tea is ready.")

    grace.context.close()
    expect(ada.locator("#members")).to_have_text("ada", timeout=SECONDS * 2000)
    ada.context.close()
