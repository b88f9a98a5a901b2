import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from html.parser import HTMLParser
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.chromium import chromium
from tests.docs.pages import DOCS, ROOT
from tests.waiting import eventually

BUILD_SECONDS = 300.0


class Reader(HTMLParser):
    """Collect the anchors of a page, and the addresses it links to or loads."""

    def __init__(self) -> None:
        super().__init__()
        self.anchors: set[str] = set()
        self.addresses: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what an element names and refers to."""
        for name, value in attrs:
            if name in {"id", "name"} and value:
                self.anchors.add(value)
            elif name in {"href", "src"} and value:
                self.addresses.add(value)


@dataclass
class Site:
    """The documentation as HTML."""

    folder: Path

    @cached_property
    def pages(self) -> dict[Path, Reader]:
        """Every page, read."""
        read = {}
        for path in self.folder.rglob("*.html"):
            if "_static" not in path.parts:
                read[path] = Reader()
                read[path].feed(path.read_text())
        return read


@pytest.fixture(scope="session")
def site(tmp_path_factory) -> Site:
    """Build the documentation, once for all the workers of a run."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if base.name.startswith("popen-") else base) / "site"
    try:
        folder.mkdir()
    except FileExistsError:
        assert eventually((folder / "said.txt").exists, seconds=BUILD_SECONDS)
    else:
        (folder / "said.txt.part").write_text(build(folder / "html"))
        (folder / "said.txt.part").rename(folder / "said.txt")
    said = (folder / "said.txt").read_text()
    assert said == "", said
    return Site(folder / "html")


def build(folder: Path) -> str:
    """Build as `make docs` does, and return what was said."""
    words = re.search(r"sphinx-build (.+) docs/_build/html", (ROOT / "Makefile").read_text())[1]
    command = [sys.executable, "-m", "sphinx", *words.split()[:-1], str(DOCS), str(folder)]
    ended = subprocess.run(
        command,
        cwd=ROOT,
        check=False,
        text=True,
        timeout=BUILD_SECONDS,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    return ended.stdout if ended.returncode == 0 else f"{ended.stdout}\nexit {ended.returncode}"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Headless Chromium."""
    with chromium() as browser:
        yield browser
