"""The command as a whole, in projects as `startproject` makes them; `startwebsocket/` has parts."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.acceptance.tutorial.reader import TUTORIAL, Reader

FILES = TUTORIAL / "files"

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def begun(tmp_path_factory) -> Reader:
    """Make a project with the app `chat` and no sockets; tests leave it as it is."""
    reader = Reader(tmp_path_factory.mktemp("begun"))
    reader.type_lines(FILES / "1-two-tabs/begin.sh")
    reader.paste(FILES / "1-two-tabs/settings.py", "mysite/settings.py, at the end")
    return reader


@pytest.fixture
def project(begun, tmp_path) -> Reader:
    """Copy that project, for a test that changes it."""
    copy = Reader(tmp_path)
    for path in begun.where.rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts:
            target = tmp_path / path.relative_to(begun.where)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(path.read_bytes())
    return copy


def files_of(reader: Reader) -> dict[Path, bytes]:
    files = [path for path in reader.where.rglob("*") if path.is_file()]
    return {
        path.relative_to(reader.where): path.read_bytes()
        for path in files
        if "__pycache__" not in path.parts and "sqlite3" not in path.name
    }


def start(reader: Reader, *words: str) -> str:
    return reader.run("manage.py", "startwebsocket", *words)


def refuse(reader: Reader, *words: str) -> str:
    """Expect exit code 1, and that nothing has changed; return what was said."""
    before = files_of(reader)
    said = reader.fail("manage.py", "startwebsocket", *words)
    assert files_of(reader) == before
    assert "Traceback" not in said
    return said


def test_the_test_passes_before_anything_else_is_done(project):
    said = start(project, "room")

    assert said.count("Wrote chat/") == 5
    assert "Ran 3 tests" in project.run("manage.py", "test")
    assert "no issues" in project.run("manage.py", "check", "--fail-level", "WARNING")


def test_a_dry_run_prints_every_file_and_what_comes_next_and_writes_nothing(begun):
    before = files_of(begun)

    said = start(begun, "room", "--dry-run")

    assert files_of(begun) == before
    assert said.count("Would write chat/") == 5
    assert "    class RoomSocketView(WebSocketView):" in said
    assert (
        '1. In mysite/urls.py, put this first into urlpatterns:\n       path("", include(' in said
    )


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["Chat-Room"], "take 'chat_room'"),
        (["room", "--app", "chatt"], "its apps are chat"),
        (["room", "--app", "sessions"], "does not stand in this project's folder"),
    ],
)
def test_an_impossible_name_or_app_is_refused_in_a_sentence(begun, words, text):
    assert text in refuse(begun, *words)


def test_a_file_that_is_there_stays_and_nothing_is_written_beside_it(project):
    (project.where / "chat/websocket_urls.py").write_text("# mine\n")

    said = refuse(project, "room")

    assert "this is there already: chat/websocket_urls.py. " in said
    assert "Would write chat/websocket_urls.py" in refuse(project, "room", "--dry-run")


def test_a_second_time_says_what_is_there(project):
    start(project, "room")

    assert "this is there already: chat/channels.py, " in refuse(project, "room")
    assert "this is there already: chat/channels.py, " in refuse(project, "lobby")


def test_two_apps_have_a_socket_each_with_names_of_their_own(project):
    start(project, "room")
    project.run("manage.py", "startapp", "blog")
    with (project.where / "mysite/settings.py").open("a") as settings:
        settings.write('INSTALLED_APPS += ["blog"]\n')
    route(project, "chat")

    assert "there are chat, blog." in refuse(project, "note")
    assert "room-1 belongs to chat.channels.Room already" in refuse(project, "room", "--app=blog")
    said = start(project, "note", "--app=blog")
    route(project, "blog")

    assert "The project has another socket" in said
    assert 'api="NoteSocketView"' in (project.where / "blog/templates/blog/note.html").read_text()
    assert "Ran 6 tests" in project.run("manage.py", "test")
    assert "no issues" in project.run("manage.py", "check", "--fail-level", "WARNING")


def test_a_project_without_urls_is_told_so(project):
    with (project.where / "mysite/settings.py").open("a") as settings:
        settings.write("ROOT_URLCONF = None\n")

    assert "set ROOT_URLCONF" in refuse(project, "room")


def test_a_folder_that_cannot_be_made_leaves_nothing_behind(project):
    (project.where / "chat/templates").write_text("a file")

    assert "Nothing was written: " in refuse(project, "room")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Only Linux has a disk that is full.")
@pytest.mark.parametrize(
    ("words", "state"),
    [
        ((), "The files are written into chat, but the output cannot be printed: "),
        (("--dry-run",), "Nothing was written, but the output cannot be printed: "),
    ],
)
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_output_that_cannot_be_printed_is_told_in_a_sentence(project, words, state, unbuffered):
    kept = {name: value for name, value in os.environ.items() if "DJANGO" not in name}
    with Path("/dev/full").open("w") as full:
        ended = subprocess.run(
            [sys.executable, "manage.py", "startwebsocket", "room", *words],
            cwd=project.where,
            env=kept | {"PYTHONUNBUFFERED": unbuffered},
            timeout=60,
            check=False,
            text=True,
            stdout=full,
            stderr=subprocess.PIPE,
        )

    assert ended.returncode == 1
    assert ended.stderr.startswith(f"CommandError: {state}")
    assert len(ended.stderr.splitlines()) == 1
    assert (project.where / "chat/test_room.py").exists() is not bool(words)


def test_two_views_of_one_name_are_refused(project):
    (project.where / "mysite/views.py").write_text(
        "from django_aws_api_gateway_websockets.views import WebSocketView\n\n\n"
        "class RoomSocketView(WebSocketView):\n    USE_WS_TOKEN = False\n"
    )
    urls = project.where / "mysite/urls.py"
    urls.write_text(
        f"{urls.read_text()}\nfrom mysite.views import RoomSocketView\n"
        'urlpatterns += [path("ws/<slug:route>", RoomSocketView.as_view())]\n'
    )

    assert "The project has a RoomSocketView already" in refuse(project, "room")


def route(reader: Reader, app: str) -> None:
    urls = reader.where / "mysite/urls.py"
    urls.write_text(
        f"{urls.read_text()}\nfrom django.urls import include\n"
        f'urlpatterns.insert(0, path("", include("{app}.websocket_urls")))\n'
    )
