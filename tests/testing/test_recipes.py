"""Each recipe of the page about testing runs in the project that the tutorial makes."""

import re
import shutil
from pathlib import Path

import pytest

from tests.acceptance.tutorial.reader import Reader
from tests.docs.pages import DOCS, README, blocks, included
from tests.python_process import python_says

RECIPES = Path(__file__).parent / "recipes"
PAGE = DOCS / "how-to/testing.md"
PLUGIN = "django_aws_api_gateway_websockets.testing.pytest_plugin"
PAGES_BEFORE_TESTS = ("1-two-tabs", "2-tokens", "3-chat-room", "4-rooms-with-presence")

OTHERS = {"test_fixtures.py", "test_page.py"}
"""Recipes for pytest, and for a browser."""

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def rooms(tmp_path_factory) -> Path:
    """Make the project of the tutorial, with the recipes as its tests."""
    reader = Reader(tmp_path_factory.mktemp("rooms"), only_files=True)
    for page in PAGES_BEFORE_TESTS:
        reader.follow(page)
    project = reader.where
    (project / "chat/tests.py").unlink()
    with (project / "mysite/settings.py").open("a") as file:
        # As the page says of threads that share a database.
        file.write('DATABASES["default"]["TEST"] = {"NAME": BASE_DIR / "test.sqlite3"}\n')
    shutil.copytree(RECIPES / "rooms", project / "chat/tests")
    return project


def number_of_tests(*files: Path) -> int:
    return sum(len(re.findall(r"def test_", file.read_text())) for file in files)


def test_the_six_lines_pass_in_a_new_project_with_the_settings_of_the_readme(tmp_path):
    settings, view, urls, _ = (block.code for block in blocks(README) if block.language == "python")
    python_says(tmp_path, "-m", "django", "startproject", "mysite", ".")
    written = (tmp_path / "mysite/settings.py").read_text()
    without_apps = re.sub(r"^INSTALLED_APPS = \[.*?^\]\n", "", written, flags=re.M | re.S)
    (tmp_path / "mysite/settings.py").write_text(without_apps + settings)
    (tmp_path / "mysite/views.py").write_text(view)
    (tmp_path / "mysite/urls.py").write_text(urls)
    shutil.copy(RECIPES / "readme/tests.py", tmp_path / "mysite")

    assert "Ran 1 test" in python_says(tmp_path, "manage.py", "test")


def test_each_recipe_passes_under_djangos_runner(rooms):
    recipes = [file for file in rooms.glob("chat/tests/test_*.py") if file.name not in OTHERS]

    labels = [f"chat.tests.{file.stem}" for file in recipes]
    said = python_says(rooms, "-W", "error", "manage.py", "test", *labels)

    assert f"Ran {number_of_tests(*recipes)} tests" in said


def test_the_recipe_with_fixtures_passes_under_pytest(rooms):
    recipe = rooms / "chat/tests/test_fixtures.py"
    options = ["-q", "-p", PLUGIN, "--ds=mysite.settings", "--rootdir", str(rooms)]

    said = python_says(rooms, "-m", "pytest", *options, str(recipe))

    assert f"{number_of_tests(recipe)} passed" in said


@pytest.mark.browser
def test_the_recipe_with_a_browser_passes(rooms):
    page = rooms / "chat/tests/test_page.py"
    chromium = 'launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])'
    page.write_text(page.read_text().replace("launch()", chromium))

    assert "Ran 1 test" in python_says(rooms, "manage.py", "test", "chat.tests.test_page")


def test_the_page_shows_each_recipe():
    shown = [path for path in included(PAGE) if RECIPES in path.parents]

    assert sorted(shown) == sorted(RECIPES.rglob("*test*.py"))
