"""The commands on the page for maintainers exist, and versions agree."""

import json
import re
import subprocess
import tomllib

import pytest

from tests.docs.pages import DOCS, ROOT, included
from tests.docs.shell_files import commands
from tests.waiting import SECONDS

PAGE = DOCS / "project/releasing.md"
FILES = DOCS / "project/files"


def test_each_file_of_the_page_is_on_it():
    assert sorted(included(PAGE)) == sorted(FILES.iterdir())


@pytest.mark.parametrize("name", ["try.sh", "build.sh"])
def test_each_command_is_there(name):
    targets = re.findall(r"^([a-z-]+):.*##", (ROOT / "Makefile").read_text(), re.M)

    for program, *words in commands(FILES / name):
        if program == "make":
            assert set(words) <= set(targets)
        elif program == "uv":
            asked = [str(ROOT / ".venv/bin/uv"), words[0], "--help"]
            ended = subprocess.run(
                asked, check=True, capture_output=True, text=True, timeout=SECONDS
            )
            assert [word for word in words if word[0] == "-" and word not in ended.stdout] == []
        else:
            assert (program, words[:2]) == ("python", ["-m", "zipfile"])


def test_package_and_browser_client_have_one_version():
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    client = json.loads((ROOT / "client/package.json").read_text())["version"]

    # Each registry has its own way to write a release that is none yet.
    assert client.replace("-dev.", ".dev") == version


def test_the_changelog_begins_with_this_version_or_with_what_is_not_released():
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    top = re.search(r"^## \[([^\]]+)\]", (ROOT / "CHANGELOG.md").read_text(), re.M)[1]

    assert top == ("Unreleased" if ".dev" in version else version)
