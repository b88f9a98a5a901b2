"""The first hour on a laptop, with `runserver` as it is typed: what the terminal says, and does."""

import os
import re
import signal
import socket
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.error import HTTPError

import pytest
from botocore.exceptions import ClientError
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from tests.gateway.aws import control_plane
from tests.management.new_project import ECHO, NewProject
from tests.management.processes import Command
from tests.waiting import SECONDS, eventually

pytestmark = pytest.mark.slow

ADDRESS = re.compile(r"EchoView is served at (ws://\S+)\.\n")


@pytest.fixture
def new_project(tmp_path) -> Iterator[Callable[[str], NewProject]]:
    made: list[NewProject] = []

    def make(name: str = "shop") -> NewProject:
        made.append(NewProject(tmp_path / name))
        return made[-1].migrate()

    yield make
    for project in made:
        project.stop()


@pytest.fixture
def project(new_project) -> NewProject:
    return new_project()


def serves(command: Command) -> bool:
    return bool(eventually(lambda: listens(command.port)))


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def echo(command: Command) -> str:
    """Send a message as a page of this server would, and return the response."""
    address = ADDRESS.findall(command.said)[-1]
    origin = f"http://127.0.0.1:{command.port}"
    with connect(address, origin=origin, open_timeout=SECONDS) as browser:
        browser.send('{"action": "?"}')
        return str(browser.recv(timeout=SECONDS))


def test_a_path_that_is_renamed_while_it_runs_is_served_after_the_reload(project):
    running = project.manage("runserver", "{port}")
    assert running.says("EchoView is served at")
    assert serves(running)
    seen = len(running.lines)

    project.route('path("sockets/<slug:route>", EchoView.as_view())')

    assert eventually(lambda: "is served at" in "".join(running.lines[seen:]))
    assert eventually(lambda: listens(running.port))
    assert "you sent" in echo(running)


def test_a_mistake_in_the_urls_is_survived(project):
    running = project.manage("runserver", "{port}")
    assert running.says("EchoView is served at")
    assert serves(running)

    project.route("path(")
    assert running.says("SyntaxError")
    seen = len(running.lines)

    # The reloader does not see a change before it has looked for the first time.
    def is_served_again() -> bool:
        project.route(ECHO)
        return "is served at" in "".join(running.lines[seen:])

    assert eventually(is_served_again)


def test_a_second_project_is_told_what_to_write_and_then_runs_beside_the_first(new_project):
    first = new_project("shop").manage("runserver", "--noreload", "{port}")
    assert first.says("EchoView is served at")
    other = new_project("blog")
    taken = str(first.gateway_port)

    refused = other.manage("runserver", "--noreload", "{port}", GATEWAY_PORT=taken)

    assert refused.ended() == 1
    assert re.search(r"belongs to another project \(\S+/shop\), and ends with it", refused.said)
    (port,) = re.findall(
        r'set WEBSOCKETS\["local_gateway_address"\] = "127.0.0.1:(\d+)"', refused.said
    )
    assert "Traceback" not in refused.said
    second = other.manage("runserver", "--noreload", "{port}", GATEWAY_PORT=port)
    assert second.says("EchoView is served at")
    assert serves(first)
    assert serves(second)
    assert "you sent" in echo(first)
    assert first.interrupt() == 0
    assert "you sent" in echo(second)


def start_beside(first: Command, project: NewProject) -> Command:
    """Start a second server of one project, as in another terminal."""
    second = project.manage(
        "runserver", "--noreload", "{port}", GATEWAY_PORT=str(first.gateway_port)
    )
    assert second.says("EchoView is served at")
    assert serves(second)
    return second


def test_a_second_start_of_a_project_shares_its_gateway_and_takes_over_when_it_ends(project):
    first = project.manage("runserver", "--noreload", "{port}")
    assert first.says("EchoView is served at")
    assert serves(first)
    second = start_beside(first, project)
    assert f"pages of http://127.0.0.1:{first.port}, which it called before," in second.said
    assert "you sent" in echo(second)

    assert first.interrupt() == 0, first.said

    assert second.says("has ended. Starting it again.")
    assert eventually(lambda: second.said.count("EchoView is served at") == 2)
    assert "you sent" in echo(second)


def test_a_second_start_that_ends_gives_the_gateway_back(project):
    first = project.manage("runserver", "--noreload", "{port}")
    assert first.says("EchoView is served at")
    assert serves(first)
    second = start_beside(first, project)

    assert second.interrupt() == 0, second.said

    assert "you sent" in echo(first)


def test_ctrl_c_ends_it_without_a_word_about_the_gateway(project):
    for _ in range(3):
        running = project.manage("runserver", "--noreload", "{port}")
        assert running.says("EchoView is served at")
        assert serves(running)

        assert running.interrupt() == 0

        assert "Starting it again" not in running.said
        assert not listens(running.gateway_port)


def test_ctrl_c_reaches_the_gateway_only_by_the_command_that_started_it(project):
    running = project.manage("runserver", "--noreload", "{port}")
    assert running.says("EchoView is served at")
    assert serves(running)

    # As slow a command as a busy machine makes it.
    os.kill(running.process.pid, signal.SIGSTOP)
    os.killpg(running.process.pid, signal.SIGINT)
    went_alone = eventually(lambda: not listens(running.gateway_port), seconds=1.0)
    os.kill(running.process.pid, signal.SIGCONT)

    assert not went_alone
    assert running.ended() == 0
    assert not listens(running.gateway_port)


def test_ctrl_c_with_an_open_socket_reports_no_error(project):
    running = project.manage("runserver", "--noreload", "{port}")
    assert running.says("EchoView is served at")
    assert serves(running)
    address, origin = ADDRESS.findall(running.said)[-1], f"http://127.0.0.1:{running.port}"

    with connect(address, origin=origin, open_timeout=SECONDS):
        assert running.interrupt() == 0

    assert "DISCONNECT" in running.said
    assert "ERROR" not in running.said
    assert "Is the backend running" not in running.said


def test_a_later_start_says_nothing_of_a_refusal(project):
    first = project.manage("runserver", "--noreload", "{port}")
    assert first.says("EchoView is served at")
    assert first.interrupt() == 0

    second = project.manage("runserver", "--noreload", "{port}")

    assert second.says("EchoView is served at")
    assert serves(second)
    assert second.interrupt() == 0
    assert "Invalid" not in second.said
    assert "refused" not in second.said


def test_the_live_pages_address_is_printed_and_opens(project):
    running = project.manage("runserver", "--noreload", "{port}")
    assert running.says("The live page shows every message: ")

    (address,) = re.findall(r"every message: (http://\S+)", running.said)
    with urllib.request.urlopen(address, timeout=SECONDS) as page:
        assert b"<title>" in page.read()


def test_the_port_in_a_hint_can_be_had_and_is_not_the_gateways(project):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refused = project.manage("runserver", "--noreload", str(port), GATEWAY_PORT=str(port + 1))
        assert refused.ended() == 1

    (hint,) = re.findall(r"another port: python manage.py (runserver \d+)\n", refused.said)
    assert int(hint.split()[1]) > port + 1
    assert project.manage("runserver", "--noreload", hint.split()[1]).says("is served at")


def test_a_taken_port_of_the_gateway_is_answered_with_the_setting(project):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refused = project.manage("runserver", "--noreload", "{port}", GATEWAY_PORT=str(port))
        assert refused.ended() == 1

    assert f"Something already listens on 127.0.0.1 port {port}" in refused.said
    (free,) = re.findall(r'"local_gateway_address"\] = "127.0.0.1:(\d+)" in the s', refused.said)
    assert "--port" not in refused.said
    running = project.manage("runserver", "--noreload", "{port}", GATEWAY_PORT=free)
    assert running.says("is served at")


@pytest.mark.parametrize("words", [("203.0.113.9:{port}",), ("[2001:db8::1]:{port}", "--ipv6")])
def test_an_address_of_no_machine_here_is_named(project, words):
    refused = project.manage("runserver", "--noreload", *words)

    assert refused.ended() == 1
    assert "which is no address of this machine" in refused.said
    assert "Traceback" not in refused.said


@pytest.mark.parametrize("host", ["203.0.113.9", "no-such-host.invalid"])
def test_a_gateway_address_of_no_machine_here_is_named(project, host):
    refused = project.manage("runserver", "--noreload", "{port}", GATEWAY_HOST=host)

    assert refused.ended() == 1
    assert f"cannot listen at {host}, which is no address of this machine" in refused.said
    assert 'WEBSOCKETS["local_gateway_address"] = "127.0.0.1:' in refused.said
    assert "--host" not in refused.said


def test_a_gateway_that_is_killed_is_started_again_for_this_project(project):
    running = project.manage("runserver", "--noreload", "{port}")
    assert running.says("EchoView is served at")
    assert serves(running)

    gateway = next(
        int(folder.name)
        for folder in Path("/proc").glob("[0-9]*")
        if f"--port\0{running.gateway_port}\0" in (folder / "cmdline").read_text()
    )
    os.kill(gateway, signal.SIGKILL)

    assert running.says("The local gateway ended (exit code -9). Starting it again.")
    assert eventually(lambda: running.said.count("EchoView is served at") == 2)
    assert "you sent" in echo(running)


def own_address() -> str:
    """Find an address of this machine that others could use."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        # Nothing is sent.
        probe.connect(("203.0.113.9", 9))
        return str(probe.getsockname()[0])


def test_a_page_at_the_machines_address_reaches_the_gateway_that_is_opened_to_others(project):
    address = own_address()
    settings = project.folder / "site_settings.py"
    hosts = f'ALLOWED_HOSTS = ["127.0.0.1", "localhost", "{address}"]'
    settings.write_text(f"{settings.read_text()}\n{hosts}\n")

    running = project.manage("runserver", "--noreload", "0.0.0.0:{port}", GATEWAY_HOST="0.0.0.0")
    assert running.says("EchoView is served at")
    assert serves(running)

    for page in (address, "127.0.0.1", "localhost"):
        path = f"_aws/execute-api/echoview/production?x={page}"
        url = f"ws://{page}:{running.gateway_port}/{path}"
        with connect(url, origin=f"http://{page}:{running.port}", open_timeout=SECONDS) as browser:
            browser.send('{"action": "?"}')
            assert "you sent" in browser.recv(timeout=SECONDS)
    url = f"ws://{address}:{running.gateway_port}/_aws/execute-api/echoview/production"
    with pytest.raises(InvalidStatus, match="400"):
        connect(url, origin=f"http://evil.example:{running.port}", open_timeout=SECONDS)
    # Others in the network have neither the live page's token nor the key to the calls.
    (token,) = re.findall(r"/_gateway/#(\w+)", running.said)
    live = f"http://{address}:{running.gateway_port}/_gateway/metrics"
    with pytest.raises(HTTPError, match="401"):
        urllib.request.urlopen(live, timeout=SECONDS)
    shown = urllib.request.Request(live, headers={"Authorization": f"Bearer {token}"})
    assert urllib.request.urlopen(shown, timeout=SECONDS).status == 200
    stranger = control_plane(f"http://{address}:{running.gateway_port}")
    with pytest.raises(ClientError):
        stranger.get_apis()
