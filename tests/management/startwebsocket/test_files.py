import re
from pathlib import Path

import pytest

from django_aws_api_gateway_websockets.management.startwebsocket.files import (
    SocketFile,
    find_in_the_way,
    make_files,
    write_files,
)
from django_aws_api_gateway_websockets.management.startwebsocket.names import SocketName
from tests.docs.pages import DOCS, captioned

TUTORIAL = DOCS / "tutorial"
ROOM = SocketName.of("room")
WRITTEN_BY_HAND_ALONE = {"mysite/urls.py", "mysite/settings.py, at the end"}


def room(folder: Path, **options: str) -> list[SocketFile]:
    return make_files(ROOM, folder=folder, label="chat", **options)


def there(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def test_the_files_are_those_the_tutorial_ends_with():
    pages = sorted(TUTORIAL.glob("[1-5]*.md"))
    shown = {
        caption: file.read_text()
        for page in pages
        for file, caption in captioned(page)
        if file.suffix != ".sh" and caption not in WRITTEN_BY_HAND_ALONE
    }

    made = {str(file.path): file.text for file in room(Path("chat"))}

    # After a change of a skeleton, write the pages' files anew from what differs here.
    assert made == shown


def test_every_blank_is_filled_in_with_the_names():
    files = make_files(SocketName.of("tea_time"), folder=Path("/site/salon"), label="salon")

    assert [str(file.path.relative_to("/site/salon")) for file in files] == [
        "channels.py",
        "websocket_views.py",
        "websocket_urls.py",
        "templates/salon/tea_time.html",
        "test_tea_time.py",
    ]
    text = "".join(file.text for file in files)
    assert not re.search(r"\[\[|\]\]|[Rr]oom|chat", text)
    assert 'pattern = "tea_time-<int:pk>"' in text
    for file in files:
        if file.path.suffix == ".py":
            compile(file.text, str(file.path), "exec")


def test_a_page_names_its_api_where_there_are_others():
    page = next(file for file in room(Path("chat"), api="RoomSocketView") if "<!doc" in file.text)

    assert '{% websocket_client channels=channel api="RoomSocketView" %}' in page.text


def test_files_packages_of_their_names_and_broken_links_are_in_the_way(tmp_path):
    (tmp_path / "channels").mkdir()
    (tmp_path / "channels/__init__.py").touch()
    (tmp_path / "websocket_urls.py").symlink_to("nowhere")
    (tmp_path / "test_room.py").touch()
    (tmp_path / "websocket_views").mkdir()
    (tmp_path / "templates/chat/room").mkdir(parents=True)

    found = find_in_the_way(room(tmp_path))

    assert [str(path.relative_to(tmp_path)) for path in found] == [
        "channels/__init__.py",
        "websocket_urls.py",
        "test_room.py",
    ]


def test_everything_is_written_with_the_folders_it_needs(tmp_path):
    write_files(room(tmp_path))

    assert {path.read_text() for path in tmp_path.rglob("*") if path.is_file()} == {
        file.text for file in room(tmp_path)
    }


def test_after_an_error_nothing_is_left(tmp_path):
    (tmp_path / "templates").touch()
    before = there(tmp_path)

    with pytest.raises(NotADirectoryError):
        write_files(room(tmp_path))

    assert there(tmp_path) == before


def test_after_ctrl_c_nothing_is_left(tmp_path):
    files = room(tmp_path)

    def interrupted():
        yield from files[:-1]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_files(interrupted())

    assert there(tmp_path) == []


def test_a_file_that_has_appeared_meanwhile_stays_as_it_is(tmp_path):
    (tmp_path / "test_room.py").write_text("mine")

    with pytest.raises(FileExistsError):
        write_files(room(tmp_path))

    assert there(tmp_path) == ["test_room.py"]
    assert (tmp_path / "test_room.py").read_text() == "mine"


def test_the_skeletons_are_hidden_from_tools_that_look_for_python():
    folder = Path(make_files.__code__.co_filename).parent / "skeleton"

    assert {path.suffix for path in folder.iterdir()} == {".py-tpl", ".html-tpl"}
