"""The pages of the documentation, read as the tests need them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
README = ROOT / "README.md"

_FENCE = re.compile(
    r"^ *(?P<fence>`{3,})(?P<info>[^\n]*)\n(?P<code>.*?)^ *(?P=fence)$", re.M | re.S
)
_INCLUDED = re.compile(r"^ *`{3,}\{literalinclude\} (?P<name>\S+)$", re.M)
_CAPTIONED = re.compile(
    r"^ *`{3,}\{literalinclude\} (?P<name>\S+)\n"
    r"(?:(?! *:caption:) *:.*\n)* *:caption: (?P<caption>.+)$",
    re.M,
)
_NAME_HEADING = re.compile(r"^#{2,4} `(?P<name>[^`]+)`$", re.M)


@dataclass(frozen=True)
class Block:
    """A fenced block of code."""

    path: Path
    line: int
    """Of the page, at which the code begins."""
    language: str
    words: str
    """Return what stands behind the language."""
    code: str


def pages() -> list[Path]:
    """Every page that is written by hand, the README included."""
    written = [path for path in sorted(DOCS.rglob("*.md")) if "_build" not in path.parts]
    return [README, *written]


def prose(path: Path) -> str:
    """A page without its blocks of code."""
    return _FENCE.sub("", path.read_text())


def documented(page: str) -> list[str]:
    """The names that have a heading of their own on a page of the reference."""
    return _NAME_HEADING.findall(prose(DOCS / "reference" / f"{page}.md"))


def section(page: str, name: str) -> str:
    """Return what a page says under the heading of a name."""
    text = prose(DOCS / "reference" / f"{page}.md")
    _, _, below = text.partition(f" `{name}`\n")
    return re.split(r"^#", below, maxsplit=1, flags=re.M)[0]


def blocks(path: Path) -> Iterator[Block]:
    """The blocks of code on a page, in order."""
    text = path.read_text()
    for fence in _FENCE.finditer(text):
        language, _, words = fence["info"].strip().partition(" ")
        line = text.count("\n", 0, fence.start("code")) + 1
        yield Block(path, line, language, words, fence["code"])


def included(path: Path) -> list[Path]:
    """The files that a page shows, in order."""
    return [
        (path.parent / found["name"]).resolve() for found in _INCLUDED.finditer(path.read_text())
    ]


def captioned(path: Path) -> list[tuple[Path, str]]:
    """The files that a page shows, in order, each with what stands above it."""
    return [
        ((path.parent / found["name"]).resolve(), found["caption"])
        for found in _CAPTIONED.finditer(path.read_text())
    ]
