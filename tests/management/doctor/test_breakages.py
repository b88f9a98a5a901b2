"""Each way in which a site can be broken is named by the hop it breaks, in words with the fix."""

from contextlib import ExitStack

import pytest
from django.contrib.auth import get_user_model

from tests.management.doctor.broken_project import IN_AWS, PROJECT
from tests.management.doctor.broken_way import BEFORE_DJANGO, BEHIND_THE_DOOR
from tests.management.doctor.conftest import count_rows, examine
from tests.management.doctor.scene import Breakage, Scene

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.slow,
    # No database has a part in the words.
    pytest.mark.any_database,
]

BREAKAGES = {**PROJECT, **IN_AWS, **BEFORE_DJANGO, **BEHIND_THE_DOOR}


@pytest.fixture
def scene(make_site, monkeypatch, tmp_path):
    with ExitStack() as undoing:

        def make_scene(breakage: Breakage) -> Scene:
            site = make_site(breakage.path, on_aws=breakage.on_aws, is_own=breakage.is_own)
            return Scene(site, monkeypatch, tmp_path, undoing)

        yield make_scene


@pytest.mark.parametrize("name", BREAKAGES)
def test_the_broken_hop_is_named_with_the_fix(scene, name):
    breakage = BREAKAGES[name]
    get_user_model().objects.create_user("ada")
    breakage.do(scene(breakage))
    before = count_rows() if breakage.hop not in {"database"} else {}

    said = examine(breakage.hop, *breakage.words)

    lines = said.text.splitlines()
    [found] = [number for number, line in enumerate(lines) if f" {breakage.hop} " in line[:16]]
    cause, fix, page = lines[found : found + 3]
    assert cause.startswith(breakage.sign), said.text
    assert breakage.cause in cause, said.text
    assert breakage.fix in fix, said.text
    assert "Page: docs/" in page
    assert said.code == (1 if breakage.sign == "✗" else 0)
    assert not before or count_rows() == before


def test_there_are_more_than_thirty():
    assert len(BREAKAGES) > 30
