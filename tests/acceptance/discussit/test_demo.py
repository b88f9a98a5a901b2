"""Both versions of DiscussIt as `make discussit` and `make discussit-channels` bring them up."""

import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.acceptance.chat_room.process import free_port
from tests.acceptance.discussit.demos import PROJECTS, command_of, demo, make_environment
from tests.acceptance.discussit.sites import EXAMPLES, SECONDS
from tests.acceptance.discussit.visitor import PASSWORD

ROOT = EXAMPLES.parent


@pytest.mark.browser
@pytest.mark.parametrize("target", PROJECTS)
def test_a_demo_starts_from_nothing_keeps_what_was_done_and_names_a_free_port(
    target: str, tmp_path: Path, browser: Browser
):
    for start in ("first", "second"):
        with demo(target, tmp_path) as running:
            assert f"DiscussIt is open: {running.address}" in "".join(running.output)
            page = browser.new_page()
            page.goto(f"{running.address}accounts/login/?next=/admin/")
            page.fill("[name=username]", "admin")
            page.fill("[name=password]", PASSWORD)
            page.press("[name=password]", "Enter")
            models = page.locator("#content-main .app-chat tbody th a")
            expect(models).to_have_text(["Events", "Groups", "Messages"])
            page.goto(running.address)
            expect(page.locator("#connection-state")).to_have_text("Connected")
            groups = page.locator(".group")
            first = groups.first.get_by_role("button", name="Join")
            if start == "first":
                assert groups.count() == groups.get_by_role("button", name="Join").count() >= 3
                first.click()
                expect(groups.first.get_by_role("button", name="Open")).to_be_visible()
            else:
                expect(groups.first.get_by_role("button", name="Open")).to_be_visible()
                # While this one runs, its port is taken.
                expect_free_port_named(target, tmp_path, running.port)
            page.context.close()


def expect_free_port_named(target: str, folder: Path, port: int) -> None:
    again = subprocess.run(
        command_of(target),
        env=make_environment(folder, port),
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )

    assert again.returncode == 1
    assert f"make {target} PORT=" in again.stderr
    assert "Traceback" not in again.stderr


def test_the_version_on_channels_says_that_it_needs_redis(tmp_path: Path):
    nowhere = f"redis://127.0.0.1:{free_port()}/0"

    ended = subprocess.run(
        command_of("discussit-channels"),
        env=make_environment(tmp_path, free_port()) | {"REDIS_URL": nowhere},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )

    assert ended.returncode == 1
    assert f"none answers at {nowhere}" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("target", PROJECTS)
def test_the_makefile_has_a_target_for_each_version(target: str):
    shown = subprocess.run(
        ["make", "--dry-run", target], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert f"examples/{PROJECTS[target]}/manage.py demo" in shown.stdout


@pytest.mark.parametrize(("project", "number"), [("discussit", 15), ("channels_discussit", 8)])
def test_the_tests_of_the_shared_application_pass_in_both_projects(
    project: str, number: int, tmp_path: Path
):
    # On this package, those of the sockets stand beside them.
    apps = ["chat", "sockets"]
    ended = subprocess.run(
        [sys.executable, "manage.py", "test", *apps],
        cwd=EXAMPLES / project,
        env=make_environment(tmp_path, free_port()),
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )

    assert ended.returncode == 0, ended.stderr
    assert f"Ran {number} tests" in ended.stderr
