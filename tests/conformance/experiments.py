"""The experiments with the local gateway and their tests: docs/reference/experiments.md.

    python -m tests.conformance.experiments

writes the page from `experiments.toml` and the `experiment` marks of the tests. A test compares the
two, so the page cannot claim what no test shows.
"""

import sys
import tomllib
from pathlib import Path

from tests.conformance.fidelity import ROOT, marked_tests

LIST = Path(__file__).parent / "experiments.toml"
PAGE = ROOT / "docs" / "reference" / "experiments.md"

INTRODUCTION = """\
# Experiments and threats

What the local gateway is put through with every push, and what it is defended against: each with \
the bound that fails the build, and the test that holds it.
It is written from the marks of the tests, so it cannot claim what no test shows.

The figures of a run stand at its end, under "figures of experiments", and in the report of \
`--junitxml`.
`make test` tries a fifth of the inputs of E5, E6, E31, T14 and T23, and `make experiments` all of \
them.
Where a bound is wider than it would have to be, the clients share two cores with the gateway; \
figures from a quiet machine are in `benchmarks/results`.
"""


def listed() -> dict[str, dict[str, tuple[str, str]]]:
    """Read the experiments and their bounds, by name, in the two parts of the list."""
    return tomllib.loads(LIST.read_text())


def page() -> str:
    """The text of the page."""
    tests = marked_tests("experiment")
    parts = [INTRODUCTION]
    for title, entries in listed().items():
        parts += [
            f"\n## {title.capitalize()}\n",
            "| | What is tried | What must hold | Tests |",
            "| --- | --- | --- | --- |",
            *(
                f"| {name} | {tried} | {bound} | {'<br>'.join(tests.get(name, []))} |"
                for name, (tried, bound) in entries.items()
            ),
        ]
    return "\n".join([*parts, ""])


if __name__ == "__main__":
    PAGE.write_text(page())
    print(f"{PAGE.relative_to(ROOT)}: {sum(map(len, listed().values()))} rows")
    sys.exit(0)
