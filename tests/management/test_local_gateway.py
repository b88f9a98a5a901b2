"""The gateway beside Django: the commands that run it, and their reasons when they cannot."""

import contextlib
import logging
import re
import shutil
import socket
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from django_aws_api_gateway_websockets.management.commands import runserver
from django_aws_api_gateway_websockets.management.local_gateway import register_apis
from django_aws_api_gateway_websockets.models import ApiGateway
from tests.acceptance.chat_room.process import free_port
from tests.management.processes import Command
from tests.waiting import SECONDS, eventually


@pytest.fixture
def command(tmp_path) -> Iterator[Callable[..., Command]]:
    started: list[Command] = []

    def start(*arguments: str, **environment: str) -> Command:
        started.append(Command(tmp_path, *arguments, **environment))
        return started[-1]

    yield start
    for running in started:
        running.kill()


@pytest.fixture(scope="module")
def database(tmp_path_factory) -> Path:
    """Make the example's database once, for every test to copy."""
    folder = tmp_path_factory.mktemp("database")
    migration = Command(folder, "migrate", "--verbosity=0")
    assert migration.ended() == 0, migration.said
    migration.process.stdout.close()
    return folder / "chat_room.sqlite3"


@pytest.fixture
def migrated(database, tmp_path) -> None:
    shutil.copy(database, tmp_path)


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.mark.slow
def test_runserver_brings_the_gateway_up_and_takes_it_down(command, migrated):
    running = command("runserver", "--noreload", "{port}")

    assert running.says("ChatWebSocketView is served at ws://127.0.0.1:")
    assert eventually(lambda: listens(running.port) and listens(running.gateway_port))
    assert running.interrupt() == 0
    assert not listens(running.gateway_port)
    assert "KeyboardInterrupt" not in running.said


@pytest.mark.slow
def test_no_token_is_written_to_the_terminal(command, migrated):
    running = command("runserver", "--noreload", "{port}")
    assert eventually(lambda: listens(running.port))

    with contextlib.suppress(urllib.error.HTTPError):
        url = f"http://127.0.0.1:{running.port}/login-or-none/?ws_token=do-not-show&channel=a"
        urllib.request.urlopen(url, data=b"", timeout=SECONDS)

    assert running.says("ws_token=[redacted]&channel=a")
    assert "do-not-show" not in running.said


@pytest.mark.parametrize(
    ("text", "values"),
    [("%s", ("/ws/connect?ws_token=abc&a=b",)), ("%(path)s", ({"path": "/ws?ws_token=abc&a=b"},))],
)
def test_tokens_are_taken_out_of_the_lines_of_any_server(text, values):
    record = logging.LogRecord("any", logging.INFO, "", 0, text, values, None)

    runserver._redact_tokens(record)

    assert "ws_token=[redacted]&a=b" in record.getMessage()


@pytest.mark.slow
def test_the_gateway_ends_with_a_runserver_that_was_killed(command, migrated):
    running = command("runserver", "--noreload", "{port}")
    assert eventually(lambda: listens(running.port))

    running.process.kill()

    assert eventually(lambda: not listens(running.gateway_port))


@pytest.mark.slow
def test_a_database_without_tables_is_reported_with_the_remedy(command):
    running = command("runserver", "--noreload", "{port}")

    assert running.ended() == 1
    assert "manage.py migrate" in running.said
    assert "Traceback" not in running.said
    assert not listens(running.gateway_port)


@pytest.mark.slow
def test_a_port_django_cannot_have_is_named_with_another(command, migrated):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        running = command("runserver", "--noreload", str(port))

        assert running.ended() == 1
    assert f"Django cannot listen on port {port}" in running.said
    hinted = int(running.said.rpartition("runserver ")[2])
    assert hinted > port
    assert hinted != running.gateway_port
    with socket.create_server(("127.0.0.1", hinted)):
        pass
    assert not listens(running.gateway_port)


@pytest.mark.slow
def test_a_port_the_gateway_cannot_have_is_named(command, migrated):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        running = command("runserver", "--noreload", "{port}", GATEWAY_PORT=port)

        assert running.ended() == 1
    assert f"Something already listens on 127.0.0.1 port {port}" in running.said
    assert "Traceback" not in running.said


@pytest.mark.slow
def test_a_gateway_that_runs_already_is_used(command, migrated):
    first = command("runwebsocketgateway", "--backend", "http://127.0.0.1:9")
    assert first.says("is served at")

    second = command("runserver", "--noreload", "{port}", GATEWAY_PORT=str(first.gateway_port))

    assert second.says("Using the gateway that already runs at")
    assert second.says("is served at")
    assert eventually(lambda: listens(second.port))
    assert second.interrupt() == 0, second.said
    assert listens(first.gateway_port)
    assert first.interrupt() == 0, first.said


@pytest.mark.slow
def test_runwebsocketgateway_stops_on_sigterm_too(command, migrated):
    running = command("runwebsocketgateway", "--clock-speed", "60", "--weather", "delay=1ms")
    assert running.says("is served at")

    running.process.terminate()

    assert running.ended() == 0
    assert not listens(running.gateway_port)


@pytest.mark.slow
def test_the_demo_prepares_its_database_and_prints_where_it_is_and_the_live_page(command, tmp_path):
    port = free_port()
    running = command("demo", PORT=str(port))

    assert running.says("two browser windows")
    assert running.said.count("http://") == 2
    assert f"http://127.0.0.1:{running.gateway_port}/_gateway/" in running.said
    assert f"http://127.0.0.1:{port}/" in running.said
    assert running.interrupt() == 0
    assert (tmp_path / "chat_room.sqlite3").exists()


@pytest.mark.slow
def test_a_second_demo_is_told_a_command_that_works(command, tmp_path):
    first = command("demo", PORT=str(free_port()))
    assert first.says("two browser windows")
    site = re.search(r"http://127.0.0.1:(\d+)/\n", first.said)[1]
    elsewhere = tmp_path / "other checkout"
    elsewhere.mkdir()

    # Its own folder is its own database, as in another checkout.
    taken = {"PORT": site, "GATEWAY_PORT": str(first.gateway_port)}
    second = command("demo", CHAT_ROOM_VAR=str(elsewhere), **taken)
    assert second.ended() == 1
    hint = re.search(r"make demo PORT=(\d+) GATEWAY_PORT=(\d+)", second.said)

    assert first.gateway_port not in {int(hint[1]), int(hint[2])}
    third = command("demo", CHAT_ROOM_VAR=str(elsewhere), PORT=hint[1], GATEWAY_PORT=hint[2])
    assert third.says("two browser windows"), third.said
    assert first.interrupt() == 0, first.said
    assert listens(int(hint[2]))


@pytest.mark.slow
def test_a_demo_beside_another_gateway_is_told_the_port_of_its_own(command):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        refused = command("demo", PORT=str(free_port()), GATEWAY_PORT=port)
        assert refused.ended() == 1

    hint = re.search(r"make demo PORT=(\d+) GATEWAY_PORT=(\d+)", refused.said)
    assert command("demo", PORT=hint[1], GATEWAY_PORT=hint[2]).says("two browser windows")


def test_without_the_local_gateway_nothing_is_registered_in_aws(settings):
    settings.WEBSOCKETS = {}

    with pytest.raises(CommandError, match='"local_gateway": True'):
        call_command("runwebsocketgateway")


@pytest.mark.parametrize(
    "url", ["127.0.0.1:8000", "ftp://a", "http://", "http://a/path", "http://[bad", "http://a:b"]
)
def test_a_backend_that_is_no_address_is_refused(settings, url):
    settings.WEBSOCKETS = {"local_gateway": True}

    with pytest.raises(CommandError, match="--backend must be like"):
        call_command("runwebsocketgateway", backend=url)


@pytest.mark.any_database
@pytest.mark.django_db
class TestRegistration:
    def test_each_routed_view_gets_an_api_of_its_own(self, local_gateway):
        lines = list(register_apis("http://127.0.0.1:8765"))

        gateways = ApiGateway.objects.order_by("pk")
        assert [(gateway.api_name, gateway.target_base_endpoint) for gateway in gateways] == [
            ("OpenView", "http://127.0.0.1:8765/ws/"),
            ("LimitedView", "http://127.0.0.1:8765/limited-ws/"),
            ("LiveView", "http://127.0.0.1:8765/live-ws/"),
            ("TokenView", "http://127.0.0.1:8765/token-ws/"),
            ("DebugView", "http://127.0.0.1:8765/debug-ws/"),
            ("SpeakingView", "http://127.0.0.1:8765/speaking-ws/"),
            ("WireView", "http://127.0.0.1:8765/wire-ws/"),
            ("OwnWordsView", "http://127.0.0.1:8765/own-words-ws/"),
        ]
        assert all(gateway.is_deployed for gateway in gateways)
        assert [line.split()[0] for line in lines] == [gateway.api_name for gateway in gateways]

    def test_a_second_start_makes_nothing_new(self, local_gateway):
        list(register_apis("http://127.0.0.1:8765"))
        ids = list(ApiGateway.objects.values_list("api_id", flat=True))

        list(register_apis("http://127.0.0.1:8765"))

        assert list(ApiGateway.objects.values_list("api_id", flat=True)) == ids

    def test_a_row_without_an_endpoint_is_named_and_left_out(self, local_gateway):
        ApiGateway.objects.create(api_name="Nowhere")

        assert list(register_apis("http://127.0.0.1:8765")) == [
            "Nowhere has no target_base_endpoint and was left out."
        ]

    def test_a_project_without_a_routed_view_is_told_what_to_write(self, local_gateway, settings):
        settings.ROOT_URLCONF = "django.contrib.auth.urls"

        (line,) = register_apis("http://127.0.0.1:8765")

        assert "path('ws/<slug:route>', MyView.as_view())" in line
