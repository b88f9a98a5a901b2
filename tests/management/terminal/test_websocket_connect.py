"""The client for the terminal as it is typed, through the local gateway of a project that runs."""

import contextlib
import json
import os
import pty
import re
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.management.terminal.talkative import Site, events, received, running_site
from tests.waiting import SECONDS, eventually

pytestmark = pytest.mark.slow

OPEN = ("--api", "OpenView")
ROOM = ("--api", "RoomView", "--user", "ada")


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Iterator[Site]:
    yield from running_site(tmp_path_factory.mktemp("terminal"))


def test_a_piped_line_is_sent_and_its_reply_is_shown_as_json(site):
    said = site.frames('{"action": "shout", "id": "7", "text": "hi"}\n', *OPEN)

    assert [one.get("direction") or one["event"] for one in said] == ["open", ">", "<", "closed"]
    reply = {"ws": "reply", "id": "7", "ok": True, "data": {"loud": "HI"}}
    assert received(said) == [reply]
    assert said[1]["frame"]["text"] == "hi"
    assert all("time" in one for one in said)


def test_a_login_and_its_token_are_made_for_the_visit_and_ended_with_it(site):
    before = site.logins()

    said = site.frames('/request who {"id": "mine"}\n', *ROOM)

    assert received(said)[0]["data"] == {"user": "ada"}
    assert site.logins() == before


def test_frames_go_to_the_output_and_what_is_said_of_them_to_the_errors(site):
    ended = site.pipe('/request shout {"text": "ü"}\n', *OPEN)

    assert ended.returncode == 0, ended.stderr
    sent, came = ended.stdout.splitlines()
    assert re.match(r'> {"action": "shout", "id": "[a-z]{5}-1", "text": "ü"}', sent[13:])
    assert re.match(r'< {"ws": "reply", "id": "[a-z]{5}-1", "ok": true', came[13:])
    assert ended.stderr.splitlines()[0].startswith("Connected: ws://127.0.0.1:")
    assert ended.stderr.splitlines()[-1] == "Closed with 1000: this client has closed it."


def test_a_channel_is_joined_before_what_is_typed_is_sent(site):
    publish = '{"action": "publish", "id": "p", "channel": "room-7", "data": "Hello."}\n'

    said = site.frames(publish, *OPEN, "--channel", "room-7", "--wait", "60", "--count", "2")

    actions = [one["frame"].get("action") for one in said if one.get("direction")]
    replies = [number for number, one in enumerate(said) if "channels" in one.get("frame", {})]
    assert [action for action in actions if action] == ["hello", "publish"]
    # The hello, its reply, and only then what was typed.
    assert said[replies[1]]["frame"]["channels"]["room-7"]["ok"] is True
    assert actions.index("publish") + 1 > replies[1]
    message = {"ws": "message", "channel": "room-7", "data": "Hello."}
    assert message in received(said)


def test_replies_to_ids_that_are_typed_pass_for_no_other_reply(site):
    typed = '{"action":"nan","id":"1"}\n/subscribe zz\n/request shout {"text": "hi"}\n'

    ended = site.pipe(typed, *OPEN, "--json", "--wait", "60", "--count", "3")

    assert ended.returncode == 0, ended.stderr
    said = [json.loads(line) for line in ended.stdout.splitlines()]
    ids = [one["frame"]["id"] for one in said if one.get("direction") == ">"]
    assert len(set(ids)) == 3


def test_words_subscribe_unsubscribe_and_ask_for_a_sign_of_life(site):
    said = site.frames("/subscribe room-8 room-9\n/unsubscribe room-8\n/ping\n/help\n", *OPEN)

    replies = [frame for frame in received(said) if frame.get("ws") == "reply"]
    assert set(replies[0]["channels"]) == {"room-8", "room-9"}
    assert replies[1]["channels"] == ["room-8"]
    assert "Django has replied in" in events(said)["alive"]
    assert "/request HANDLER {json}" in events(said)["help"]


def test_a_line_that_is_no_json_object_is_not_sent_and_the_reason_is_said(site):
    typed = 'hello\n{broken\n/shuot\n[1]\n{"a": NaN}\n/request x {"a": "\\ud800"}\n'
    ended = site.pipe(typed, *OPEN, "--wait", "0")

    assert ended.returncode == 1
    assert ended.stdout == ""
    assert 'Not sent: a line is a JSON object, such as {"action": "shout"}' in ended.stderr
    assert "Not sent: it is no JSON" in ended.stderr
    assert "There is no /shuot." in ended.stderr
    assert "Not sent: it is no JSON (NaN is no value of JSON)." in ended.stderr
    assert "Not sent: it has half a character (U+D800)" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_frame_that_would_end_the_connection_is_not_sent(site):
    ended = site.pipe(json.dumps({"action": "shout", "text": "x" * 40_000}), *OPEN, "--wait", "0")

    assert ended.returncode == 1
    assert ended.stdout == ""
    assert "API Gateway ends a connection for a frame of more than 32768" in ended.stderr


def test_a_line_without_an_end_is_dropped_and_said_to_be_too_long_once(site):
    typed = '{"action": "' + "x" * 3_000_000 + '\n/request shout {"text": "hi"}\n'

    ended = site.pipe(typed, *OPEN)

    assert ended.returncode == 1
    assert ended.stderr.count("Not sent: the line has more than 131072 bytes") == 1
    assert '"HI"' in ended.stdout


def test_count_ends_it_and_fewer_frames_are_an_error(site):
    sends = ("--send", '{"action": "any"}', "--send", '{"action": "other"}')

    enough = site.pipe("", *OPEN, *sends, "--count", "2", "--wait", "60", "--json")
    fewer = site.pipe("", *OPEN, *sends, "--count", "3", "--wait", "1")

    assert enough.returncode == 0, enough.stderr
    assert len(received([json.loads(line) for line in enough.stdout.splitlines()])) == 2
    assert (fewer.returncode, "2 of 3 frames came within 1 s." in fewer.stderr) == (1, True)


def test_more_lines_than_may_wait_are_all_sent(site):
    ended = site.pipe(
        '/request shout {"text": "x"}\n' * 300, *OPEN, "--wait", "60", "--count", "300"
    )

    assert ended.returncode == 0, ended.stderr
    assert sum("> " in line for line in ended.stdout.splitlines()) == 300


def test_a_refused_connect_says_the_status_the_logged_reason_and_the_next_step(site):
    refused = site.pipe("", "--api", "ClosedView")
    channel = site.pipe("", *OPEN, "--header", "Origin: http://evil.example")

    assert refused.returncode == channel.returncode == 1
    assert "Refused with 400: Nobody may come in on Sundays" in refused.stderr
    assert "`python manage.py doctor` looks for the reason" in refused.stderr
    # The client itself is told the first four words.
    assert 'Refused with 400: Host is not in Origin: the page is at "http://evil.' in channel.stderr


def test_a_socket_that_is_closed_by_django_is_lost_and_says_why(site):
    ended = site.pipe("/request out\n", *OPEN, "--wait", "60")

    assert ended.returncode == 1
    assert (
        "The socket was closed with 1000 'Connection Closed Normally': Django has" in ended.stderr
    )


def test_it_comes_back_as_a_page_does_and_says_what_was_missed(site):
    lines = "/request away\n"

    ended = site.pipe(lines, *OPEN, "--channel", "room-3", "--reconnect", "--wait", "15", "--json")

    said = [json.loads(line) for line in ended.stdout.splitlines()]
    told = [one.get("event") for one in said if "event" in one]
    assert told[:3] == ["open", "lost", "waiting"] or told[:4] == [
        "open",
        "lost",
        "problem",
        "waiting",
    ]
    assert told.count("open") == 2
    assert events(said)["missed"].startswith("room-3: ")
    hellos = [one for one in said if one.get("frame", {}).get("action") == "hello"]
    assert hellos[0]["frame"]["client"] == hellos[1]["frame"]["client"]


def test_advice_to_stay_away_is_followed(site):
    ended = site.pipe("/request out\n", *OPEN, "--channel", "room-1", "--reconnect", "--wait", "60")

    assert ended.returncode == 1
    assert "The server has closed it for good, so it stays closed." in ended.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_closes_the_socket_ends_the_login_and_is_quiet(site, number):
    before = site.logins()
    client = Terminal(site, *ROOM, "--channel", "room-7")
    assert client.shows('"presence"')
    assert site.logins() > before

    client.process.send_signal(number)

    assert client.ended() == 0, client.said
    assert "Traceback" not in client.said
    assert site.logins() == before
    assert eventually(lambda: site.running.said.count("DISCONNECT") > 0)


class Terminal:
    """A client whose input and output are a terminal."""

    def __init__(self, site: Site, *words: str) -> None:
        self.own, other = pty.openpty()
        manage = str(site.project.folder / "manage.py")
        self.process = subprocess.Popen(
            [sys.executable, manage, "websocket", "connect", *words],
            env={**site.environment, "TERM": "xterm"},
            cwd=site.project.folder,
            stdin=other,
            stdout=other,
            stderr=other,
            start_new_session=True,
        )
        site.project.started.append(Ending(self.process))
        os.close(other)
        os.set_blocking(self.own, False)
        self.said = ""

    def shows(self, text: str) -> bool:
        return bool(eventually(lambda: text in self.read()))

    def read(self) -> str:
        # Nothing at the moment, or the other end is closed.
        with contextlib.suppress(OSError):
            self.said += os.read(self.own, 65_536).decode(errors="replace")
        return self.said

    def type(self, line: str) -> None:
        os.write(self.own, f"{line}\n".encode())

    def ended(self) -> int:
        assert eventually(lambda: self.read() and self.process.poll() is not None), self.said
        return self.process.wait(SECONDS)


class Ending:
    """A process that ends with its project."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self.process = process

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(SECONDS)


def test_a_person_at_a_terminal_types_sees_colours_and_leaves_with_a_word(site):
    terminal = Terminal(site, *OPEN)
    assert terminal.shows("Connected: ")

    terminal.type('{"action": "shout", "id": "a", "text": "hello"}')
    assert terminal.shows('"HELLO"')
    terminal.type("/close")

    assert terminal.ended() == 0
    assert "\x1b[36" in terminal.said
    assert "Closed with 1000" in terminal.said


def test_a_terminal_is_read_until_ctrl_d(site):
    terminal = Terminal(site, *OPEN)
    assert terminal.shows("Connected: ")

    os.write(terminal.own, b"\x04")

    assert terminal.ended() == 0


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ([], 2, "There are several APIs: say which with --api (RoomView, OpenView, ClosedView)."),
        (["--api", "Shop"], 1, "No ApiGateway has the name or primary key 'Shop'; there is"),
        (["--api", "RoomView"], 2, "RoomView admits users who are logged in: say who with --user"),
        (["--api", "RoomView", "--user", "eve"], 2, "The user of --user does not exist."),
        (["--api", "RoomView", "--user", "bob"], 2, "The user of --user is not active."),
        ([*OPEN, "--send", "hello"], 2, "--send 'hello': Not sent: a line is a JSON object"),
        ([*OPEN, "--header", "X-Name"], 2, "--header must be like 'X-Name: value'."),
        ([*OPEN, "--site", "example.com"], 1, "--site must be like https://www.example.com."),
        ([*OPEN, "--wait", "-1"], 2, "--wait must be 0 or more seconds."),
        ([*OPEN, "--wait", "soon"], 2, "argument --wait: invalid float value: 'soon'"),
        ([*OPEN, "--channel", "a\udcff"], 2, r"--channel 'a\udcff': it has half a character (U+DC"),
        ([*OPEN, "--user", "a\udcff"], 2, r"--user 'a\udcff': it has half a character (U+DCFF)"),
        ([*OPEN, "--send", '{"a":"\udcff"}'], 2, "it has half a character (U+DCFF)"),
        ([*OPEN, "--count", "0"], 2, "--count must be 1 or more."),
        ([*OPEN, "--from", "[1]", "--channel", "room-7"], 2, "--from goes with one --channel"),
    ],
)
def test_a_mistyped_option_is_explained_in_a_sentence(site, words, code, said):
    ended = site.pipe("", *words)

    text = " ".join(ended.stderr.split())
    assert (ended.returncode, said in text) == (code, True), text
    assert "Traceback" not in text


def test_the_help_names_options_words_and_exit_codes(site):
    of_all = site.project.manage("websocket", "--help")
    assert of_all.ended() == 0
    assert "connect" in of_all.said

    of_one = site.connect("--help")

    assert of_one.ended() == 0
    for text in ("--channel NAME", "/request HANDLER {json}", "Ends with 0, with 1 when"):
        assert text in of_one.said


def test_without_the_library_a_sentence_says_what_to_install(site, tmp_path):
    (tmp_path / "websockets.py").write_text("raise ImportError")

    ended = site.connect(*OPEN, PYTHONPATH=f"{tmp_path}:{os.environ.get('PYTHONPATH', '')}")

    assert ended.ended() == 1
    assert 'pip install "django-aws-api-gateway-websockets[gateway]"' in ended.said


def test_a_gateway_that_is_not_there_is_said_to_be_so(site):
    ended = site.connect(*OPEN, GATEWAY_PORT="9")

    assert ended.ended() == 1
    assert "Start `python manage.py runserver`, which brings the gateway up." in ended.said
