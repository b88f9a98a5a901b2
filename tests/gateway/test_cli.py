import asyncio
import json
import os
import shlex
import signal
import socket
import stat
import subprocess
from pathlib import Path

import pytest
import websockets
from websockets.sync.client import connect

from django_aws_api_gateway_websockets.gateway.cli import main
from tests.gateway.aws import control_plane, deploy, deploy_api, management
from tests.gateway.backend import WAIT
from tests.gateway.processes import (
    DEADLINE,
    SOURCE,
    gateway_command,
    gateway_environment,
    gateway_process,
    run,
)

pytestmark = pytest.mark.slow


@pytest.mark.slow
def test_the_first_line_says_where_the_gateway_listens():
    with gateway_process() as gateway:
        host, port = gateway.url.removeprefix("http://").split(":")

        assert host == "127.0.0.1"
        assert control_plane(gateway.url).get_apis()["Items"] == []
        assert int(port) > 0


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_it_without_a_word_of_complaint(number):
    with gateway_process("--quiet") as gateway:
        assert gateway.stop(number) == (0, "")


def test_help_names_every_option_and_the_addresses():
    shown = run("--help")

    assert shown.returncode == 0
    for word in (
        "--host",
        "--port",
        "--region",
        "--clock-speed",
        "--state",
        "--quiet",
        "--behind-proxy",
        "/_aws/execute-api/API/STAGE",
        "AWS_ACCESS_KEY_ID",
    ):
        assert word in shown.stdout


def test_a_port_that_is_taken_is_said_in_one_sentence():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        refused = run("--port", port)

    assert refused.returncode == 1
    assert f"127.0.0.1 port {port}" in refused.stderr
    assert "--port" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert refused.stdout == ""


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.com"])
def test_an_address_others_can_reach_needs_a_proxy_in_front(host):
    refused = run("--host", host)

    assert refused.returncode == 1
    assert "--behind-proxy" in refused.stderr


@pytest.mark.slow
def test_behind_a_proxy_it_listens_everywhere_and_serves_any_host():
    with gateway_process("--host", "0.0.0.0", "--behind-proxy") as gateway:
        api = deploy_api(control_plane(gateway.url), "http://127.0.0.1:9", routes=("$default",))
        port = gateway.url.rpartition(":")[2]
        with (
            socket.create_connection(("127.0.0.1", int(port)), DEADLINE) as connection,
            connect(f"ws://chat.example.com/_aws/execute-api/{api.api_id}/test", sock=connection),
        ):
            pass


def test_an_address_that_is_not_ours_is_said_in_one_sentence():
    refused = run("--host", "192.0.2.1", "--behind-proxy")

    assert refused.returncode == 1
    assert "Cannot listen on 192.0.2.1" in refused.stderr
    assert "Traceback" not in refused.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("--port", "many"),
        ("--port", "65536"),
        ("--clock-speed", "0"),
        ("--clock-speed", "fast"),
        ("--messages-per-second", "-1"),
        ("--messages-per-second", "0.001"),
        ("--messages-per-second", "nan"),
        ("--messages-per-second", "some"),
    ],
)
def test_a_value_that_is_none_is_refused(arguments):
    refused = run(*arguments)

    assert refused.returncode == 2
    assert arguments[1] in refused.stderr


def test_without_the_websockets_package_it_says_what_to_install(tmp_path):
    (tmp_path / "websockets.py").write_text("raise ModuleNotFoundError(name='websockets')\n")
    environment = gateway_environment()
    environment["PYTHONPATH"] = f"{tmp_path}{os.pathsep}{environment['PYTHONPATH']}"
    refused = subprocess.run(
        gateway_command("--port", "0"),
        capture_output=True,
        env=environment,
        timeout=DEADLINE,
        text=True,
        check=False,
    )

    assert refused.returncode == 1
    assert "django-aws-api-gateway-websockets[gateway]" in refused.stderr
    assert "Traceback" not in refused.stderr


@pytest.mark.slow
def test_credentials_of_the_environment_are_accepted_beside_the_local_ones():
    environment = {"AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "mine"}
    with gateway_process(**environment) as gateway:
        control_plane(gateway.url, secret="mine").get_apis()
    with gateway_process(AWS_ACCESS_KEY_ID="other", AWS_SECRET_ACCESS_KEY="x") as gateway:
        control_plane(gateway.url).get_apis()


@pytest.mark.slow
def test_the_state_survives_a_restart_and_the_port_may_change(tmp_path):
    state = str(tmp_path / "state.json")
    with gateway_process("--state", state) as gateway:
        before = deploy_api(
            control_plane(gateway.url),
            "http://127.0.0.1:9",
            routes=("$default",),
            replies=("$default",),
            tags={"_custom_id_": "chat"},
        )
        gateway.process.kill()
    with gateway_process("--state", state) as gateway:
        client = control_plane(gateway.url)
        api = client.get_api(ApiId="chat")
        with connect(f"{api['ApiEndpoint']}/test") as socket_:
            socket_.send("hello")
            assert "Internal server error" in socket_.recv(timeout=WAIT)

    assert api["Name"] == "tests"
    assert api["ApiEndpoint"] != before.endpoint
    assert api["ApiEndpoint"].startswith(gateway.url.replace("http", "ws"))


DANGLING_STAGE = {"document": {"deploymentId": "gone", "stageName": "test"}}
DANGLING = {"document": {}, "children": {"stages": {"test": DANGLING_STAGE}}}


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]",
        '{"version": 2, "state": {"document": {}}}',
        '{"version": 1}',
        json.dumps(
            {"version": 1, "state": {"document": {}, "children": {"apis": {"a": DANGLING}}}}
        ),
        "[" * 100_000,
    ],
    ids=["empty", "broken", "a list", "of another version", "without state", "dangling", "deep"],
)
def test_a_damaged_state_file_is_named_and_left_alone(tmp_path, content):
    state = tmp_path / "state.json"
    state.write_text(content)
    refused = run("--port", "0", "--state", str(state))

    assert refused.returncode == 1
    assert str(state) in refused.stderr
    assert "Traceback" not in refused.stderr
    assert state.read_text() == content


@pytest.mark.slow
def test_the_log_has_a_line_for_each_event_and_no_secret():
    with gateway_process() as gateway:
        api = deploy_api(control_plane(gateway.url), "http://127.0.0.1:9", routes=("$default",))
        with connect(f"{api.url}?ws_token=SECRET&room=a") as socket_:
            socket_.send("\x1b[31mhello\nworld")
            frame = json.loads(socket_.recv(timeout=WAIT))
            client = management(api.management_url)
            client.post_to_connection(ConnectionId=frame["connectionId"], Data=b"x")
            socket_.close(4000, "bye\nforged line\x1b[0m")
        code, log = gateway.stop(signal.SIGTERM)

    assert code == 0
    lines = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    assert [(line["eventType"], line["status"]) for line in lines] == [
        ("CONNECT", 101),
        ("MESSAGE", 500),
        ("POST_TO_CONNECTION", 200),
        ("DISCONNECT", 200),
    ]
    assert {line["connectionId"] for line in lines} == {frame["connectionId"]}
    path = f"/_aws/execute-api/{api.api_id}/test?ws_token=[redacted]&room=a"
    assert lines[0]["path"] == path
    assert lines[1]["error.message"] == "Internal server error"
    assert lines[1]["integrationErrorMessage"]
    assert lines[3]["disconnectStatusCode"] == 4000
    assert lines[3]["disconnectReason"] == "bye\nforged line\x1b[0m"
    assert "SECRET" not in log
    assert "Signature=" not in log
    assert "\x1b" not in log


@pytest.mark.slow
def test_lines_are_written_in_a_format_of_ones_own_to_a_file_that_may_be_moved(tmp_path):
    log = tmp_path / "access.log"
    line_format = "$context.eventType $context.status $context.messageId"
    with gateway_process("--access-log", str(log), "--access-log-format", line_format) as gateway:
        api = deploy_api(control_plane(gateway.url), "http://127.0.0.1:9", routes=("$default",))
        with connect(api.url):
            pass
        assert log.rename(tmp_path / "moved").read_text().startswith("CONNECT 101 -\n")
        with connect(api.url):
            pass
        code, errors = gateway.stop(signal.SIGTERM)

    assert code == 0
    assert "CONNECT 101 -\n" in log.read_text()
    assert "CONNECT" not in errors


def test_an_access_log_that_cannot_be_written_is_named(tmp_path):
    refused = run("--port", "0", "--access-log", str(tmp_path / "none" / "log"))

    assert refused.returncode == 1
    assert str(tmp_path / "none" / "log") in refused.stderr
    assert "Traceback" not in refused.stderr


@pytest.mark.slow
async def test_stopping_closes_every_connection_and_tells_every_backend_once(backend):
    with gateway_process() as process:
        api = await deploy(process.url, backend.url)
        sockets = [await websockets.connect(api.url) for _ in range(5)]
        stopping = asyncio.create_task(asyncio.to_thread(process.stop, signal.SIGTERM))
        for socket_ in sockets:
            with pytest.raises(websockets.ConnectionClosed):
                await asyncio.wait_for(socket_.recv(), WAIT)
        code, _ = await stopping

    assert code == 0
    assert {(one.close_code, one.close_reason) for one in sockets} == {(1001, "Going away")}
    told = [request.values("connectionId")[0] for request in backend.on("disconnect")]
    assert len(told) == len(set(told)) == 5


@pytest.mark.slow
async def test_stopping_does_not_wait_for_a_backend_that_hangs(backend):
    with gateway_process() as process:
        api = await deploy(process.url, backend.url, timeout_ms=29000)
        async with websockets.connect(api.url):

            async def never(request):
                await asyncio.sleep(60)

            backend.answer = never
            code, _ = await asyncio.to_thread(process.stop, signal.SIGTERM)

    assert code == 0


@pytest.mark.slow
def test_a_state_file_is_the_owners_alone(tmp_path):
    state = tmp_path / "state.json"
    with gateway_process("--state", str(state)) as gateway:
        deploy_api(control_plane(gateway.url), "http://127.0.0.1:9")

    assert stat.S_IMODE(state.stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["state.json"]


@pytest.mark.slow
def test_it_ends_with_the_process_that_started_it_when_asked_to():
    with gateway_process("--until-stdin-closes") as gateway:
        gateway.process.stdin.write(b"ignored")
        gateway.process.stdin.flush()
        control_plane(gateway.url).get_apis()
        gateway.process.stdin.close()

        assert gateway.process.wait(DEADLINE) == 0


@pytest.mark.parametrize("redirection", ["/dev/null", __file__])
def test_an_end_of_stdin_that_cannot_be_waited_for_is_refused_by_its_option(redirection):
    command = shlex.join(gateway_command("--port", "0", "--until-stdin-closes"))
    done = subprocess.run(
        ["/bin/sh", "-c", f"{command} <{shlex.quote(redirection)}"],
        capture_output=True,
        env=gateway_environment(),
        timeout=DEADLINE,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert "--until-stdin-closes needs a pipe or a terminal" in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_main_gives_its_exit_code(capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["--help"])

    assert stopped.value.code == 0
    assert "control plane" in capsys.readouterr().out


@pytest.mark.slow
async def test_uvloop_carries_handshakes_calls_and_posts_where_it_is_installed(backend):
    # Its transports are no subclass of asyncio's.
    uvloop = pytest.importorskip("uvloop")
    path = os.pathsep.join([str(SOURCE), str(Path(uvloop.__file__).parents[1])])
    with gateway_process(PYTHONPATH=path) as process:
        api = await deploy(process.url, backend.url)

        async with websockets.connect(api.url) as client:
            [connect] = await backend.wait_for("connect")
            [connection_id] = connect.values("connectionId")
            post = api.management.post_to_connection
            await asyncio.to_thread(post, ConnectionId=connection_id, Data=b"hello")

            assert await asyncio.wait_for(client.recv(), DEADLINE) == "hello"
