"""The pages of the tutorial show files alone; a reader in a browser tries them elsewhere.

`tests/acceptance/test_tutorial.py` types what pages 1 to 5 say, in their order.
"""

import re
from contextlib import redirect_stdout
from io import StringIO
from itertools import pairwise

import pytest
from django.core import checks
from django.core.management import call_command
from django.test import override_settings

from django_aws_api_gateway_websockets.models import ApiGateway
from tests.docs.pages import DOCS, captioned, included
from tests.docs.shell_files import management_commands

TUTORIAL = DOCS / "tutorial"
FILES = sorted(path for path in (TUTORIAL / "files").rglob("*") if path.is_file())
PAGES = sorted(TUTORIAL.glob("*.md"))
ON_AWS = TUTORIAL / "files/6-on-aws"
LAST_SECTION = "How to see that it works"
A_FILE = re.compile(r"(chat|mysite)(/\w+)+\.(py|html)(, at the end)?")
A_PLACE = re.compile(r"(another )?terminal|.+, in production(, .+)?")
MOST_LINES = 50
"""Of a block, which is to be read on one screen."""


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_has_no_code_but_that_of_files_each_with_its_place_above_it(page):
    fences = re.findall(r"^ *```(\S+)", page.read_text(), re.M)

    assert [name for name in fences if name not in {"{literalinclude}", "{toctree}"}] == []
    assert [file for file, _ in captioned(page)] == included(page)
    assert set(included(page)) <= set(FILES)
    for file, caption in captioned(page):
        is_typed = A_PLACE.fullmatch(caption)
        assert is_typed or A_FILE.fullmatch(caption), caption
        assert (file.suffix == ".sh") <= bool(is_typed)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_ends_with_how_to_see_that_it_works(page):
    headings = re.findall(r"^## (.+)$", page.read_text(), re.M)

    assert headings[-1] == LAST_SECTION


def test_each_file_is_on_a_page_and_short():
    shown = {path for page in PAGES for path in included(page)}

    assert [path for path in FILES if path not in shown] == []
    assert [path for path in FILES if len(path.read_text().splitlines()) > MOST_LINES] == []


def test_the_index_has_every_page_in_order_and_each_page_leads_to_the_next():
    names = [page.stem for page in PAGES if page.stem != "index"]
    index = (TUTORIAL / "index.md").read_text()

    assert re.findall(r"^(\d-[a-z-]+)$", index, re.M) == names
    assert re.findall(r"^\| \d \| \[[^\]]+\]\(([\w-]+)\.md\)", index, re.M) == names
    for page, following in pairwise(names):
        last_line = (TUTORIAL / f"{page}.md").read_text().splitlines()[-1]
        assert f"({following}.md)" in last_line


def test_the_settings_for_production_pass_the_checks(monkeypatch):
    monkeypatch.setenv("GATEWAY_SECRET", "not-a-secret-but-long-enough-to-be-one")
    values = {}
    exec((ON_AWS / "settings.py").read_text(), values)
    names = {name: value for name, value in values.items() if name.isupper()}

    with override_settings(**names):
        found = checks.run_checks(include_deployment_checks=True)

    ours = [one for one in found if str(one.id).startswith("django_aws_api_gateway_websockets.")]
    assert {"WEBSOCKETS", "AWS_GATEWAY_REGION_NAME"} <= set(names)
    assert [one for one in ours if one.level >= checks.ERROR or one.id.endswith("W002")] == []


@pytest.mark.any_database
@pytest.mark.django_db(transaction=True)
def test_the_record_for_production_becomes_an_api(local_gateway):
    printed, told = StringIO(), StringIO()
    with redirect_stdout(printed):
        exec((ON_AWS / "create_record.py").read_text(), {})
    python, manage, *words = printed.getvalue().split()

    call_command(*words, stdout=told)

    gateway = ApiGateway.objects.get()
    assert (python, manage) == ("python", "manage.py")
    assert told.getvalue().startswith("Rooms is served at ")
    assert gateway.is_deployed
    # The path of the tutorial's view, without its route.
    urls = (TUTORIAL / "files/4-rooms-with-presence/websocket_urls.py").read_text()
    path = gateway.target_base_endpoint.removeprefix("https://www.example.com/")
    assert f'path("{path}<slug:route>"' in urls


def test_the_command_on_the_index_makes_the_name_that_the_pages_use():
    (words,) = management_commands(TUTORIAL / "files/startwebsocket.sh")

    assert words == ["startwebsocket", "room"]
