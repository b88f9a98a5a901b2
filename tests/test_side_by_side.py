"""The second try of a few failures, with runs of pytest itself."""

import sys

import pytest

from tests import side_by_side
from tests.side_by_side import MOST_SECOND_TRIES, Run, exit_code_of_all

pytestmark = pytest.mark.slow


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Makes a run of a file with these lines, in a project of its own."""
    monkeypatch.setattr(side_by_side, "ROOT", tmp_path)

    def make(*lines: str) -> Run:
        (tmp_path / "test_it.py").write_text("\n".join(lines))
        return Run("Own project", sys.executable, ["-p", "no:django"])

    return make


STALLS = (
    "from pathlib import Path",
    "def test_that_fails_once():",
    "    mark = Path('tried')",
    "    is_first = not mark.exists()",
    "    mark.touch()",
    "    assert not is_first",
    "def test_beside(): pass",
)


def test_a_test_that_fails_once_is_named_and_passes(run, capfd):
    assert exit_code_of_all(run(*STALLS)) == 0

    said = capfd.readouterr().out
    assert "passed alone, so a busy machine or a race upsets:\n  test_it.py::test_that_f" in said


def test_a_test_that_fails_twice_fails(run):
    assert exit_code_of_all(run("def test_it(): assert False")) == 1


def test_many_failures_get_no_second_try(run, capfd):
    many = [f"def test_{number}(): assert False" for number in range(MOST_SECOND_TRIES + 1)]

    assert exit_code_of_all(run(*many)) == 1
    assert "tried again" not in capfd.readouterr().out
