"""The page on versions says what `pyproject.toml` and the matrix of the tests say."""

import re
import tomllib

from django_aws_api_gateway_websockets.checks.migration_history import RELEASES
from tests import matrix
from tests.docs.pages import DOCS, ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
PAGE = (DOCS / "reference" / "compatibility.md").read_text()
TAKEN_OVER = {*RELEASES.values(), "3.0.1"}


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|\n").split("|")]


def versions() -> dict[tuple[str, str], str]:
    """The table of Pythons and Djangos, by pairs."""
    head, *rows = re.findall(
        r"^\| .*(?:Django|Python) \d.*$", PAGE.partition("| excluded")[0], re.M
    )
    djangos = [cell.removeprefix("Django ") for cell in cells(head)[1:]]
    return {
        (python.removeprefix("Python "), django): word
        for python, *words in map(cells, rows)
        for django, word in zip(djangos, words, strict=True)
    }


def classified(prefix: str) -> set[str]:
    found = [one.removeprefix(prefix) for one in PROJECT["classifiers"] if one.startswith(prefix)]
    return {one for one in found if re.fullmatch(r"\d+\.\d+", one)}


def required() -> dict[str, str]:
    """Return the packages that are installed with ours, and their versions."""
    pairs = (re.fullmatch(r"([\w.-]+)(.*)", line).groups() for line in PROJECT["dependencies"])
    return dict(pairs)


def test_the_table_has_the_versions_the_package_claims():
    assert {python for python, _ in versions()} == classified("Programming Language :: Python :: ")
    assert {django for _, django in versions()} == classified("Framework :: Django :: ")
    assert f">={min(versions())[0]}" == PROJECT["requires-python"]


def test_those_that_are_tested_are_those_of_the_matrix():
    assert {pair for pair, word in versions().items() if word == "tested"} == set(matrix.PAIRS)


def test_each_dependency_stands_with_its_versions():
    for name, wanted in required().items():
        (row,) = [cells(line) for line in PAGE.splitlines() if line.startswith(f"| `{name}` |")]
        assert wanted.split(",")[0] in row[1]
    excluded = re.findall(r"!=(\d+\.\d+\.\d+)", required()["Django"])
    assert f"not {excluded[0]} to {excluded[-1]}" in PAGE


def test_each_extra_stands_with_what_it_installs():
    for name, wanted in PROJECT["optional-dependencies"].items():
        (row,) = [cells(line) for line in PAGE.splitlines() if line.startswith(f"| `{name}` |")]
        assert set(re.findall(r"`([^`]+)`", row[1])) == set(wanted)


def test_the_databases_that_are_taken_over_are_those_of_releases():
    (row,) = [cells(line) for line in PAGE.splitlines() if "takes them over" in line]

    assert set(row[0].split(", ")) == TAKEN_OVER
