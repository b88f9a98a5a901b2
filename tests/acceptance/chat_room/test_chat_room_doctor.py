"""`manage.py doctor` on the chat room: it gets all the way round, and raises no alarm."""

import sqlite3
import urllib.request
from contextlib import closing
from pathlib import Path

from tests.acceptance.chat_room.process import START_SECONDS, ChatRoom


def test_doctor_gets_round_the_chat_room_as_a_guest(chat_room: ChatRoom) -> None:
    urllib.request.urlopen(chat_room.address, timeout=START_SECONDS).close()
    with closing(sqlite3.connect(Path(chat_room.folder) / "chat_room.sqlite3")) as database:
        [(guest,)] = database.execute("SELECT username FROM auth_user ORDER BY id DESC LIMIT 1")

    said = chat_room.ask("doctor", "--user", guest, "--channel", "general")

    assert (said.returncode, "all is well: a message went all" in said.stdout) == (0, True), (
        said.stdout + said.stderr
    )
    assert not [line for line in said.stdout.splitlines() if line.startswith(("!", "✗", "?"))]
