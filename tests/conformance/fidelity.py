"""The list of what API Gateway does and which test holds ours to it: docs/reference/fidelity.md.

    python -m tests.conformance.fidelity

writes the page from the facts in `facts/` and the `fact` marks of the tests. A test compares the
two, so the page cannot say what no test shows.
"""

import ast
import sys
import tomllib
from collections import Counter, defaultdict
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
FACTS = Path(__file__).parent / "facts"
PAGE = ROOT / "docs" / "reference" / "fidelity.md"

CERTAINTY = {
    "documented": "documented",
    "captured": "captured",
    "reported": "reported",
    "weakly": "weak report",
    "assumed": "assumed",
}

INTRODUCTION = """\
# Fidelity to API Gateway

The local gateway behaves as AWS API Gateway does.

{summary}

This page has a row for every fact about the real one that we know of: what AWS does, how sure \
that is, and the test that holds the local gateway to it, or the difference and its reason.
It is written from the marks of the tests, so it cannot say what no test shows.

How sure a fact is:

documented
: The developer guide, the quotas page or the service model of AWS says so.

captured
: It was seen byte for byte in a capture of the real service.

reported
: Somebody met it and wrote it down.

weak report
: Such a report is old, second-hand, or about a sister product.

assumed
: Nobody has published it; it is what follows from the rest, or from a standard.
"""


@dataclass(frozen=True)
class Fact:
    """Something API Gateway does."""

    name: str
    aws: str
    certainty: str
    source: str | None
    difference: str | None


@dataclass(frozen=True)
class Section:
    """The facts about one thing."""

    title: str
    facts: tuple[Fact, ...]


def sections() -> list[Section]:
    """Every fact, in the order of the page."""
    return [_section(path) for path in sorted(FACTS.glob("[0-9]*.toml"))]


def _section(path: Path) -> Section:
    document = tomllib.loads(path.read_text())
    title = document.pop("title")
    return Section(title, tuple(_fact(name, said) for name, said in document.items()))


def _fact(name: str, said: dict[str, str]) -> Fact:
    certainty, _, source = said["seen"].partition(" ")
    return Fact(name, said["aws"], CERTAINTY[certainty], source or None, said.get("ours"))


def marked_tests(mark: str = "fact") -> dict[str, list[str]]:
    """The tests of each fact, or of each name another mark gives, as `file: sentence`."""
    found: dict[str, list[str]] = defaultdict(list)
    for file, test in _marked_functions():
        for name in _names_of(test, mark):
            sentence = test.name.removeprefix("test_").replace("_", " ")
            found[name].append(f"`{file}`: {sentence}")
    return found


@cache
def _marked_functions() -> list[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    """Return the tests that have marks, each with the name of its file."""
    return [
        (path.stem, node)
        for path in sorted((ROOT / "tests").rglob("test_*.py"))
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.decorator_list
    ]


def _names_of(test: ast.FunctionDef | ast.AsyncFunctionDef, mark: str) -> list[str]:
    """The arguments of its `@pytest.mark.<mark>(...)`."""
    return [
        argument.value
        for decorator in test.decorator_list
        if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == f"pytest.mark.{mark}"
        for argument in decorator.args
        if isinstance(argument, ast.Constant)
    ]


def page() -> str:
    """The text of the page."""
    sources = tomllib.loads((FACTS / "sources.toml").read_text())
    tests = marked_tests()
    parts = [INTRODUCTION.format(summary=summary())]
    for section in sections():
        parts += [
            f"\n## {section.title}\n",
            "| API Gateway | Known how | Ours |",
            "| --- | --- | --- |",
            *(_row(fact, sources, tests.get(fact.name, [])) for fact in section.facts),
        ]
    parts += ["\n## Observers\n", "What a name in the second column stands for.\n"]
    used = {fact.source for section in sections() for fact in section.facts}
    for name in sorted(used & set(sources["observers"])):
        parts += [name, f": {_sentence(sources['observers'][name])}\n"]
    return "\n".join(parts)


def summary() -> str:
    """Return how many facts there are, how they are known, and how many are not held to."""
    facts = [fact for section in sections() for fact in section.facts]
    known = Counter(fact.certainty for fact in facts)
    tests = marked_tests()
    held = [fact for fact in facts if tests[fact.name]]
    different = [fact for fact in facts if fact.difference]
    rows = [
        ("facts on this page", len(facts)),
        ("shown by a test", len(held)),
        ("with a difference, which has its reason", len(different)),
        *((f"known as {CERTAINTY[name]}", known[CERTAINTY[name]]) for name in CERTAINTY),
    ]
    lines = ["| | |", "|---|---|", *(f"| {words} | {number} |" for words, number in rows)]
    return "\n".join(lines)


def _row(fact: Fact, sources: dict[str, dict[str, str]], tests: list[str]) -> str:
    ours = [*tests, *([f"**Difference**: {fact.difference}"] if fact.difference else [])]
    return f"| {_cell(fact.aws)} | {_known_how(fact, sources)} | {_cell('<br>'.join(ours))} |"


def _known_how(fact: Fact, sources: dict[str, dict[str, str]]) -> str:
    if fact.source is None:
        return fact.certainty
    if fact.source in sources["observers"]:
        return f"{fact.certainty} ({fact.source})"
    address = f"https://docs.aws.amazon.com/{sources['pages'][fact.source]}"
    return f"[{fact.certainty}]({address})"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."


if __name__ == "__main__":
    PAGE.write_text(page())
    print(f"{PAGE.relative_to(ROOT)}: {sum(len(part.facts) for part in sections())} facts")
    sys.exit(0)
