"""The glossary has one word for each thing, and the code keeps it."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache

import pytest

from tests.docs.pages import DOCS, ROOT

PACKAGE = ROOT / "src" / "django_aws_api_gateway_websockets"
WORD = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])")


def ruled_out() -> list[str]:
    """Read the words of the last column that stand as code."""
    rows = re.findall(r"^\|.*\|([^|]*)\|$", (DOCS / "glossary.md").read_text(), re.M)
    return [word for cell in rows for word in re.findall(r"`([a-z]+)`", cell)]


@cache
def names_by_word() -> dict[str, set[str]]:
    """Give the names of files, classes and functions, by each word in them."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for name in names():
        for word in WORD.findall(name):
            found[word.lower()].add(name)
    return found


def names() -> Iterator[str]:
    """Give the names of files, classes and functions."""
    for path in PACKAGE.rglob("*.py"):
        if "migrations" not in path.parts:
            yield path.stem
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                    yield node.name


def test_the_glossary_rules_words_out():
    assert {"answer", "ticket"} <= set(ruled_out())


@pytest.mark.parametrize("word", ruled_out())
def test_no_name_has_a_word_that_is_ruled_out(word):
    assert names_by_word().get(word, set()) | names_by_word().get(f"{word}s", set()) == set()
