import asyncio
import os
import socket
import subprocess
import sys
from contextlib import contextmanager

import pytest

from django_aws_api_gateway_websockets.gateway.runtime.output import MAX_WAITING_BYTES, Output

SECONDS = 60.0
LINE = "x" * 1000


class Sentences(list):
    """The sentences that the outputs of a test have said about themselves."""

    def __init__(self):
        super().__init__()
        self.outputs = []

    def output(self, number=-1, **options):
        output = Output(number, name="It", complain=self.append, report=self.append, **options)
        self.outputs.append(output)
        return output


@pytest.fixture
def sentences():
    said = Sentences()
    yield said
    for output in said.outputs:
        output.close(seconds=0)


@contextmanager
def pipe():
    reader, writer = os.pipe()
    ends = {reader, writer}

    def close(number):
        ends.discard(number)
        os.close(number)

    try:
        yield reader, writer, close
    finally:
        for number in ends:
            os.close(number)


def read_lines(reader, count):
    """Lines that can be read without waiting for more than there are."""
    os.set_blocking(reader, False)
    data = b""
    while data.count(b"\n") < count:
        try:
            data += os.read(reader, 65536)
        except BlockingIOError:
            break
    return data.decode().splitlines()


def test_a_line_is_written_at_once(sentences):
    with pipe() as (reader, writer, _):
        sentences.output(writer).write("hello\udc80")

        assert os.read(reader, 100) == b"hello\\udc80\n"


def test_the_flags_of_the_stream_that_others_have_as_well_stay_as_they_were(sentences):
    with pipe() as (_, writer, _):
        sentences.output(writer).write("hello")

        assert os.get_blocking(writer)


@pytest.mark.parametrize("size", [10, 1000, 5000])
def test_lines_that_a_pipe_does_not_take_are_kept_in_their_order(size, sentences):
    with pipe() as (reader, writer, _):
        output = sentences.output(writer)
        lines = [f"{number} ".ljust(size, "x") for number in range(200_000 // size)]
        for line in lines:
            output.write(line)
        found = []
        while len(found) < len(lines):
            found += read_lines(reader, 1)
            output.write("")
            found = [line for line in found if line]
            assert len(found) <= len(lines)

    assert "".join(found) == "".join(lines)
    assert sentences == []


def test_lines_that_nobody_reads_are_lost_beyond_a_bound_and_said_once(sentences):
    with pipe() as (reader, writer, _):
        output = sentences.output(writer)
        for _ in range(2000):
            output.write(LINE)
        assert sentences == ["It cannot be written (nobody reads it): its lines are lost."]
        for _ in range(20):
            read_lines(reader, 10_000)
            output.write("again")

    assert sentences[1].startswith("It is written again; ")
    assert len(sentences) == 2
    assert int(sentences[1].split()[4]) >= 2000 - (MAX_WAITING_BYTES + 65536) // len(LINE) - 1


def test_a_loop_writes_what_waits_as_soon_as_somebody_reads(sentences):
    async def read_everything(reader, output, count):
        with output.written_by(asyncio.get_running_loop()):
            for number in range(count):
                output.write(f"{number} {LINE}")
            found = b""
            while found.count(b"\n") < count:
                found += os.read(reader, 4096)
                await asyncio.sleep(0)
        return found.decode().splitlines()

    with pipe() as (reader, writer, _):
        output = sentences.output(writer)
        reading = read_everything(reader, output, 200)
        lines = asyncio.run(asyncio.wait_for(reading, SECONDS))

    assert [int(line.split()[0]) for line in lines] == [*range(200)]


def test_a_reader_that_has_gone_costs_the_lines_and_nothing_else(sentences):
    with pipe() as (reader, writer, close):
        output = sentences.output(writer)
        close(reader)
        for _ in range(3):
            output.write("lost")

    assert sentences == ["It cannot be written (Broken pipe): its lines are lost."]


def test_a_full_disk_is_said_once_and_its_end_as_well_with_the_number_of_lines(tmp_path, sentences):
    file = tmp_path / "log"
    file.symlink_to("/dev/full")
    output = sentences.output(path=file)
    for _ in range(3):
        output.write("lost")
    file.unlink()
    for word in ("one", "two"):
        output.write(word)

    assert sentences == [
        "It cannot be written (No space left on device): its lines are lost.",
        "It is written again; 3 lines were lost.",
    ]
    assert file.read_text() == "one\ntwo\n"


def test_a_folder_that_has_gone_costs_the_lines_until_it_is_back(tmp_path, sentences):
    folder = tmp_path / "logs"
    folder.mkdir()
    output = sentences.output(path=folder / "log")
    output.write("before")
    folder.rename(tmp_path / "moved")
    output.write("lost")
    folder.mkdir()
    output.write("after")

    assert (tmp_path / "moved" / "log").read_text() == "before\n"
    assert (folder / "log").read_text() == "after\n"
    assert sentences[1] == "It is written again; 1 lines were lost."


def test_a_socket_is_not_waited_for_either(sentences):
    ours, theirs = socket.socketpair()
    with ours, theirs:
        output = sentences.output(ours.fileno())
        for _ in range(2000):
            output.write(LINE)
        assert len(sentences) == 1
        theirs.close()
        output.write("lost")

    assert len(sentences) == 1


TORN = """
import resource, sys
from pathlib import Path
from django_aws_api_gateway_websockets.gateway.runtime.output import Output

unlimited = resource.getrlimit(resource.RLIMIT_FSIZE)
output = Output(path=Path(sys.argv[1]), name="It", complain=print, report=print)
resource.setrlimit(resource.RLIMIT_FSIZE, (10, unlimited[1]))
for line in ("12345678", "torn", "lost"):
    output.write(line)
resource.setrlimit(resource.RLIMIT_FSIZE, unlimited)
output.write("whole")
"""


def test_the_line_after_a_torn_one_begins_a_line(tmp_path):
    file = tmp_path / "log"
    subprocess.run(
        [sys.executable, "-c", TORN, str(file)], check=True, timeout=SECONDS, capture_output=True
    )

    assert file.read_text() == "12345678\nt\nwhole\n"


def test_the_last_lines_wait_for_a_reader_and_not_for_ever(sentences):
    with pipe() as (reader, writer, _):
        output = sentences.output(writer)
        for number in range(100):
            output.write(f"{number} {LINE}")
        taken = read_lines(reader, 20)
        output.close(seconds=0.05)

        assert len(taken) + len(read_lines(reader, 100)) > 64
