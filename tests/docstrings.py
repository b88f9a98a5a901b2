"""`make check`: a docstring says its sentence at once, with subject and verb.

One that opens with "who", "what" or "whether" is half a sentence, which has to be read twice. A few
may stay in the package, where the other form would be worse; none in the tests.
"""

import ast
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

OPENINGS = frozenset({"how", "what", "where", "whether", "who", "whoever", "whom", "whose"})
MOST_PER_HUNDRED = 3
"""Outside of the tests."""
SHOWN = 40


@dataclass(frozen=True)
class Docstring:
    """A string that stands by itself, below what it describes."""

    place: str
    text: str

    @property
    def is_half_a_sentence(self) -> bool:
        return self.text.split()[0].strip("`\"'").lower() in OPENINGS


def main() -> int:
    """Name the half sentences, if there are more than a few."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.py"],
        check=True,
        capture_output=True,
        text=True,
    )
    paths = [Path(line) for line in listed.stdout.splitlines() if "/migrations/" not in line]
    docstrings = [one for path in paths if path.exists() for one in docstrings_of(path)]
    of_tests = [one for one in docstrings if one.place.startswith("tests/")]
    others = [one for one in docstrings if not one.place.startswith("tests/")]
    verdicts = [complain(of_tests, most=0), complain(others, most=MOST_PER_HUNDRED)]
    return int(any(verdicts))


def complain(docstrings: list[Docstring], *, most: int) -> bool:
    """Print the half sentences if more than so many of a hundred are; tell if there are."""
    halves = [one for one in docstrings if one.is_half_a_sentence]
    if len(halves) * 100 <= most * len(docstrings):
        return False
    for one in halves[:SHOWN]:
        print(f"{one.place}: {one.text.splitlines()[0]}")
    print(
        f"{len(halves)} of {len(docstrings)} docstrings open with one of {sorted(OPENINGS)}; "
        f"{most} of 100 may. Begin with a verb or a noun."
    )
    return True


def docstrings_of(path: Path) -> Iterator[Docstring]:
    """Give the docstrings of modules, classes and functions, and those below attributes."""
    for node in ast.walk(ast.parse(path.read_text())):
        body = getattr(node, "body", [])
        for statement in body if isinstance(body, list) else []:
            value = statement.value if isinstance(statement, ast.Expr) else None
            if isinstance(value, ast.Constant) and isinstance(value.value, str) and value.value:
                yield Docstring(f"{path}:{statement.lineno}", value.value.strip())


if __name__ == "__main__":
    sys.exit(main())
