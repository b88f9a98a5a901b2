"""The client for the terminal at servers that do harm, behind broken proxies, and without files."""

import subprocess
import sys
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection, serve

from tests.management.terminal.talkative import Site, running_site
from tests.waiting import SECONDS

pytestmark = pytest.mark.slow

OPEN = ("--api", "OpenView")
SHOUT = ("--send", '/request shout {"text": "hi"}')

OTHER_WAY = """
import io, sys
from django.core.management import call_command
sys.stdin = io.StringIO('{"action": "shout"}')
call_command("websocket", "connect", "--api", "OpenView", "--send", '/request shout {"text": "hi"}')
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Iterator[Site]:
    yield from running_site(tmp_path_factory.mktemp("surroundings"))


@contextmanager
def server_that_says(*frames: str) -> Iterator[str]:
    """Run a server whose sockets say these frames, then wait; yield its port."""

    def say(socket: ServerConnection) -> None:
        for frame in frames:
            socket.send(frame)
        with suppress(ConnectionClosed):
            deque(socket, maxlen=0)

    with serve(say, "127.0.0.1", 0) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield str(server.socket.getsockname()[1])


def in_shell(site: Site, redirection: str, *words: str) -> "subprocess.CompletedProcess[str]":
    manage = str(site.project.folder / "manage.py")
    command = ["sh", "-c", f'exec "$@" {redirection}', "sh", sys.executable, manage]
    return subprocess.run(
        [*command, "websocket", "connect", *words],
        env=site.environment,
        cwd=site.project.folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


def test_frames_of_a_wrong_form_are_shown_and_survived(site):
    frames = (
        '{"ws": "advice", "reconnect": 1e999}',
        '{"ws": "advice", "reconnect": 1%s}' % ("0" * 400),
        '{"ws": "message", "channel": "room-1", "seq": 1}',
        '{"ws": "reply", "id": NaN, "channels": {"room-1": {"ok": true, "position": 7}}}',
    )

    with server_that_says(*frames) as port:
        ended = site.connect(*OPEN, "--count", "4", "--wait", "60", "--json", GATEWAY_PORT=port)

        assert ended.ended() == 0, ended.said
    assert "Infinity" not in ended.said
    assert '"direction": "<", "frame": "{\\"ws\\": \\"advice\\"' in ended.said


def test_a_reply_that_does_not_come_in_time_is_an_error(site):
    with server_that_says() as port:
        ended = site.connect(*OPEN, *SHOUT, "--wait", "1", GATEWAY_PORT=port)

        assert ended.ended() == 1
    assert "1 of the replies did not come in 1 s." in ended.said


def test_a_message_that_is_too_large_is_said_to_be_the_reason_of_the_end(site):
    with server_that_says("x" * 1_500_000) as port:
        ended = site.connect(*OPEN, "--wait", "60", GATEWAY_PORT=port)

        assert ended.ended() == 1
    assert "The socket was closed with 1009" in ended.said
    assert "by this client: a message came that is larger than any of API Gateway's" in ended.said


@pytest.mark.parametrize("address", ["http://[", "http://localhost:99999", "http://exa mple"])
def test_a_site_that_is_no_address_is_refused_in_a_sentence(site, address):
    ended = site.pipe("", *OPEN, "--site", address)

    assert ended.returncode == 1
    assert ended.stderr.strip().endswith("--site must be like https://www.example.com.")
    assert "Traceback" not in ended.stderr


def test_a_proxy_that_is_none_is_named_and_its_password_is_not(site):
    # Either may be chosen for an address that is not encrypted, so both are set.
    proxies = dict.fromkeys(["http_proxy", "https_proxy"], "foo://me:secret@x")

    ended = site.connect(*OPEN, no_proxy="", **proxies, GATEWAY_PORT=str(site.running.gateway_port))

    assert ended.ended() == 1
    assert "cannot be used, or the proxy that the environment names: look at" in ended.said
    assert "Traceback" not in ended.said
    assert "secret" not in ended.said


def test_a_proxy_that_is_none_keeps_a_token_from_coming_and_is_named(site):
    words = ("--api", "RoomView", "--user", "ada", "--site", "https://www.example.com")
    port = str(site.running.gateway_port)

    ended = site.connect(*words, no_proxy="", https_proxy="foo://me:secret@x", GATEWAY_PORT=port)

    assert ended.ended() == 1
    assert "Nobody gives a token at https://www.example.com/token/: The proxy" in ended.said
    assert "Traceback" not in ended.said
    assert "secret" not in ended.said


@pytest.mark.parametrize(
    ("redirection", "said"),
    [
        (">&-", "Standard output is closed, so that nothing could be shown."),
        (">/dev/full", "Standard output cannot be written: no space left on device."),
    ],
)
def test_an_output_that_cannot_be_written_is_said_to_be_so(site, redirection, said):
    ended = in_shell(site, redirection, *OPEN, *SHOUT)

    assert (ended.returncode, said in ended.stderr) == (1, True), ended.stderr
    assert "Traceback" not in ended.stderr
    assert "Exception ignored" not in ended.stderr


@pytest.mark.parametrize("redirection", ["2>&-", "2>/dev/full"])
def test_frames_are_shown_where_nothing_can_be_said_about_them(site, redirection):
    ended = in_shell(site, redirection, *OPEN, *SHOUT)

    assert '"HI"' in ended.stdout


def test_an_input_that_is_no_file_is_none(site):
    port = str(site.running.gateway_port)

    ended = site.project.manage("shell", "-c", OTHER_WAY, GATEWAY_PORT=port)

    assert ended.ended() == 0, ended.said
    assert '"HI"' in ended.said
