"""The files of the page about talking from a terminal, typed as they stand."""

import shlex
from collections.abc import Iterator

import pytest

from tests.docs.pages import DOCS
from tests.management.terminal.talkative import Site, running_site

pytestmark = pytest.mark.slow

FILES = DOCS / "how-to" / "files"
PUBLISH = '{"action": "publish", "id": "p", "channel": "room-7", "data": "Hello."}'


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Iterator[Site]:
    yield from running_site(tmp_path_factory.mktemp("page"))


def words_of(name: str) -> list[list[str]]:
    """Return the words behind `websocket connect` of each line, with the API that is meant."""
    lines = (FILES / name).read_text().splitlines()
    every = [shlex.split(line) for line in lines]
    assert all(words[:4] == ["python", "manage.py", "websocket", "connect"] for words in every)
    return [
        ["--api", "RoomView" if "--user" in words else "OpenView", *words[4:]] for words in every
    ]


@pytest.mark.parametrize("name", ["talk.sh", "talk-as-a-user.sh", "talk-after-a-loss.sh"])
def test_the_lines_that_the_page_types_are_carried_out(site, name):
    typed = (FILES / "talk-typed.txt").read_text()
    [words] = words_of(name)

    ended = site.pipe(typed, *words)

    assert ended.returncode == 0, ended.stderr
    assert "Not sent" not in ended.stderr
    assert "Django has replied in" in ended.stderr
    assert ended.stdout.count('"loud": "HELLO"') == 2


def test_the_scripts_of_the_page_end_by_themselves(site):
    first, second = words_of("talk-in-a-script.sh")

    told = site.pipe("", *first)
    heard = site.pipe(PUBLISH, *second)

    assert (told.returncode, '"HELLO"' in told.stdout) == (0, True), told.stdout
    assert heard.returncode == 0, heard.stderr
    assert "room-7" in heard.stdout
