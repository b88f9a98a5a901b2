"""`make check`: docstrings and names of tests are sentences with subject and verb.

One that opens with "who", "what" or "whether" is half a sentence, which has to be read twice.
"""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

OPENINGS = frozenset(
    {
        *("how", "however", "what", "whatever", "where", "wherever", "whether", "which"),
        *("whichever", "who", "whoever", "whom", "whomever", "whose"),
    }
)
FILES = ("*.py", "*.py-tpl", "*.md")
"""Pages and templates show tests, too."""
_NAME_OF_TEST = re.compile(r"^ *(?:async )?def test_([a-z]\w*)", re.M)


@dataclass(frozen=True)
class Sentence:
    """A docstring, or the name of a test."""

    place: str
    text: str

    @property
    def is_half(self) -> bool:
        return self.text.split()[0].strip("`\"'").lower() in OPENINGS


def main() -> int:
    """Name the half sentences, if there are any."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", *FILES],
        check=True,
        capture_output=True,
        text=True,
    )
    paths = [Path(line) for line in listed.stdout.splitlines() if "/migrations/" not in line]
    halves = [one for path in paths if path.exists() for one in sentences_of(path) if one.is_half]
    for one in halves:
        print(f"{one.place}: {one.text.splitlines()[0]}")
    if halves:
        print(f"None may open with one of {sorted(OPENINGS)}: begin with a verb or a noun.")
    return int(bool(halves))


def sentences_of(path: Path) -> Iterator[Sentence]:
    """Give the docstrings of a module, and the names of tests in any file."""
    text = path.read_text()
    if path.suffix == ".py":
        yield from docstrings_of(path, text)
    for found in _NAME_OF_TEST.finditer(text):
        line = text.count("\n", 0, found.start()) + 1
        yield Sentence(f"{path}:{line}", found[1].replace("_", " "))


def docstrings_of(path: Path, text: str) -> Iterator[Sentence]:
    """Give the docstrings of modules, classes and functions, and those below attributes."""
    for node in ast.walk(ast.parse(text)):
        body = getattr(node, "body", [])
        for statement in body if isinstance(body, list) else []:
            value = statement.value if isinstance(statement, ast.Expr) else None
            if isinstance(value, ast.Constant) and isinstance(value.value, str) and value.value:
                yield Sentence(f"{path}:{statement.lineno}", value.value.strip())


if __name__ == "__main__":
    sys.exit(main())
