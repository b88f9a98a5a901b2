"""No alarm where nothing is wrong: the examples, and a project as a newcomer has it."""

from collections.abc import Iterator

import pytest

from tests.docs.pages import ROOT
from tests.management.new_project import NewProject
from tests.management.processes import Command

pytestmark = pytest.mark.slow

CLEAN = "System check identified no issues (0 silenced)."


@pytest.mark.parametrize("example", ["chat_room", "discussit"])
def test_an_example_is_clean(tmp_path, example):
    command = Command(tmp_path, "check", manage=ROOT / "examples" / example / "manage.py")
    try:
        assert command.ended() == 0, command.said
        assert CLEAN in command.said
    finally:
        command.kill()


@pytest.fixture
def project(tmp_path) -> Iterator[NewProject]:
    made = NewProject(tmp_path / "shop")
    yield made
    made.stop()


def test_a_new_project_is_clean(project):
    command = project.manage("check")

    assert command.ended() == 0, command.said
    assert CLEAN in command.said
