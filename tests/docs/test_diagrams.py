"""The pictures of the architecture are those that the file which draws them draws."""

import re
import xml.etree.ElementTree as ET

import pytest
from django.apps import apps
from django.contrib.auth import get_user_model

from tests.docs import diagrams
from tests.docs.pages import DOCS, ROOT


@pytest.mark.parametrize("name", diagrams.pictures())
def test_a_picture_is_up_to_date(name):
    text = (diagrams.IMAGES / name).read_text()

    assert text == diagrams.pictures()[name], "python -m tests.docs.diagrams"
    assert ET.fromstring(text).tag.endswith("svg")


def test_every_table_is_in_the_picture():
    models = {model.__name__ for model in apps.get_app_config(diagrams.APP).get_models()}

    assert set(diagrams.TABLES) == models | {get_user_model().__name__}


def test_each_arrow_between_tables_goes_to_a_neighbour():
    places = list(diagrams.TABLES)

    for one, other in diagrams.references():
        distance = places.index(one) - places.index(other)
        assert distance in {1, 3}, (one, other)


def test_each_picture_is_on_the_page():
    text = (DOCS / "explanation/architecture.md").read_text()

    assert [name for name in diagrams.pictures() if name not in text] == []


def test_each_folder_on_the_page_is_there():
    text = (DOCS / "explanation/architecture.md").read_text()
    parts = text.partition("## Parts")[2].partition("## Flows")[0]
    folders = re.findall(r"`(\w+)/`", parts)

    assert len(folders) >= 9
    assert [name for name in folders if not (ROOT / "src" / diagrams.APP / name).is_dir()] == []
