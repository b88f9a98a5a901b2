"""Gateways whose output nobody takes: they go on serving, say so once, and never wait."""

import http.client
import io
import os
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest
from websockets.sync.client import connect

from django_aws_api_gateway_websockets.gateway.outputs import Outputs
from tests.gateway.aws import control_plane, deploy_api
from tests.gateway.processes import DEADLINE, gateway_command, gateway_environment, run
from tests.waiting import eventually

pytestmark = pytest.mark.slow

ROUNDS = 4000
"""Refusals whose lines are more than a pipe and the gateway keep."""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def gateway(*arguments, shell="", **streams):
    """A gateway by its port, with such streams."""
    port = free_port()
    command = gateway_command("--port", str(port), *arguments)
    if shell:
        command = ["/bin/sh", "-c", f'exec "$@" {shell}', "sh", *command]
    process = subprocess.Popen(command, env=gateway_environment(), **streams)
    try:
        assert eventually(lambda: process.poll() is not None or answers(port))
        assert process.poll() is None, "the gateway has ended"
        yield process, port
        process.send_signal(signal.SIGTERM)
        assert process.wait(DEADLINE) == 0
    finally:
        process.kill()
        process.wait()


def answers(port):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=DEADLINE)
    try:
        connection.request("GET", "/_gateway/health")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def refuse(port, rounds):
    """Ask for what is not there, which is a line each; the statuses."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=DEADLINE)
    statuses = set()
    for _ in range(rounds):
        connection.request("GET", "/nowhere")
        response = connection.getresponse()
        response.read()
        statuses.add(response.status)
    connection.close()
    return statuses


@pytest.mark.experiment("E38")
def test_a_standard_output_nobody_reads_any_more_is_said_once(tmp_path):
    reader, writer = os.pipe()
    os.close(reader)
    errors = tmp_path / "errors"
    with errors.open("wb") as file, gateway(stdout=writer, stderr=file) as (_, port):
        os.close(writer)
        assert refuse(port, 3) == {403}
    text = errors.read_text()

    assert text.count("Standard output cannot be written (Broken pipe)") == 1
    assert "Cannot listen" not in text
    assert "Traceback" not in text
    assert "Exception ignored" not in text


@pytest.mark.experiment("E38")
def test_a_standard_error_nobody_reads_stalls_nothing_and_is_said_once():
    with gateway(stdout=subprocess.PIPE, stderr=subprocess.PIPE) as (process, port):
        assert refuse(port, ROUNDS) == {403}
        assert answers(port)
        os.set_blocking(process.stdout.fileno(), False)
        said = process.stdout.read().decode()
        os.set_blocking(process.stderr.fileno(), False)
        read = []

        def is_written_again():
            read.append((process.stderr.read() or b"").decode())
            return "is written again" in "".join(read)

        assert eventually(is_written_again)
    process.stdout.close()
    process.stderr.close()

    sentence = "Standard error cannot be written (nobody reads it): its lines are lost."
    assert said.count(sentence) == 1
    assert said.startswith("Listening on ")
    lines = "".join(read).splitlines()
    lost = next(line for line in lines if "Standard error is written again;" in line)
    refused = sum("Nothing is at /nowhere" in line for line in lines)
    assert int(lost.split("again; ")[1].split()[0]) + refused == ROUNDS


@pytest.mark.experiment("E38")
def test_stopping_does_not_wait_for_a_reader_either():
    with gateway(stdout=subprocess.PIPE, stderr=subprocess.PIPE) as (process, port):
        assert refuse(port, ROUNDS) == {403}
    process.stdout.close()
    process.stderr.close()


@pytest.mark.experiment("E38")
def test_a_standard_error_whose_reader_has_gone_is_said_once(tmp_path):
    reader, writer = os.pipe()
    os.close(reader)
    output = tmp_path / "output"
    with output.open("wb") as file, gateway(stdout=file, stderr=writer) as (_, port):
        os.close(writer)
        assert refuse(port, 600) == {403}

    assert output.read_text().count("Standard error cannot be written (Broken pipe)") == 1


@pytest.mark.experiment("E38")
def test_a_full_disk_below_standard_error_is_said_once(tmp_path):
    output = tmp_path / "output"
    with (
        output.open("wb") as out,
        Path("/dev/full").open("wb") as full,
        gateway(stdout=out, stderr=full) as (_, port),
    ):
        assert refuse(port, 10) == {403}
    sentence = "Standard error cannot be written (No space left on device): its lines are lost."

    assert output.read_text().count(sentence) == 1


@pytest.mark.experiment("E38")
def test_a_full_disk_below_the_access_log_is_said_once_and_its_end_as_well(tmp_path):
    errors, log = tmp_path / "errors", tmp_path / "access.log"
    log.symlink_to("/dev/full")
    with (
        errors.open("wb") as file,
        gateway("--access-log", str(log), stdout=subprocess.DEVNULL, stderr=file) as (_, port),
    ):
        serve_clients(port, 3)
        log.unlink()
        serve_clients(port, 1)
    text = errors.read_text()
    lost = int(text.split("is written again; ")[1].split()[0])

    sentence = f"The access log {log} cannot be written (No space left on device)"
    assert text.count(sentence) == 1
    assert "Traceback" not in text
    assert 4 <= lost <= 6
    assert log.read_text().count("\n") == 8 - lost


@pytest.mark.parametrize("shell", [">&-", "2>&-", ">&- 2>&-"])
def test_a_stream_that_is_closed_from_the_start_is_none(shell):
    streams = {"stdin": subprocess.DEVNULL}
    for number, name in ((1, "stdout"), (2, "stderr")):
        closes = "2>&-" in shell if number == 2 else shell.startswith(">&-")
        if not closes:
            streams[name] = subprocess.DEVNULL
    with gateway(shell=shell, **streams) as (_, port):
        api = deploy_api(
            control_plane(f"http://127.0.0.1:{port}"), "http://127.0.0.1:9", routes=("$default",)
        )
        with connect(api.url) as client:
            client.send("hello")
            assert "Internal server error" in client.recv(timeout=DEADLINE)
        assert refuse(port, 3) == {403}


def serve_clients(port, count):
    api = deploy_api(
        control_plane(f"http://127.0.0.1:{port}"), "http://127.0.0.1:9", routes=("$default",)
    )
    for _ in range(count):
        with connect(api.url):
            pass


@pytest.mark.experiment("E38")
@pytest.mark.parametrize("name", ["fifo", "/dev/stderr"])
def test_an_access_log_that_is_a_pipe_is_not_waited_for_either(tmp_path, name):
    log = tmp_path / name
    reader, writer = os.pipe()
    streams = {"stdout": subprocess.DEVNULL, "stderr": writer}
    if name == "fifo":
        os.mkfifo(log)
        kept = os.open(log, os.O_RDONLY | os.O_NONBLOCK)
    else:
        kept = os.dup(reader)
    with gateway("--access-log", str(log), **streams) as (_, port):
        serve_clients(port, 3)
        assert refuse(port, ROUNDS) == {403}
    assert os.read(kept, 10_000).startswith(b"{")
    for number in (kept, reader, writer):
        os.close(number)


def test_an_access_log_that_is_a_pipe_without_a_reader_is_named(tmp_path):
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    refused = run("--port", "0", "--access-log", str(fifo))

    assert refused.returncode == 1
    assert f"The access log {fifo} cannot be written (No such device" in refused.stderr


def test_a_stream_that_is_no_file_is_not_written_to(monkeypatch):
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    outputs = Outputs()
    outputs.say("Listening on nothing")
    outputs.close()

    assert sys.stdout.getvalue() == ""
