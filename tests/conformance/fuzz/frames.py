"""Coverage-guided fuzzing of everything behind a handshake, with libFuzzer through Atheris.

    python -m tests.conformance.fuzz.frames -runs=1000000 [CORPUS_FOLDER]

An input is a stream of bytes and, in its first byte, the number of pieces it arrives in. Any
exception ends the run with exit code 77; among them are an input that takes longer than 50 ms of
CPU twice and memory that grows after the first inputs. An input without end uses up the CPU time
the process has.
"""

import asyncio
import re
import resource
import sys
import time
from itertools import count
from pathlib import Path

import atheris

from tests.experiment_sizes import sized

with atheris.instrument_imports(include=["django_aws_api_gateway_websockets", "websockets"]):
    from tests.conformance.fuzz.streams import ours


MAX_SECONDS = 0.05
"""CPU time of an input; a busy neighbour does not count."""
MAX_CPU_SECONDS = 600
"""CPU time of the whole run."""
WARM_UP = sized(20_000)
"""Inputs, after which caches and the corpus are about as large as they become."""
MAX_GROWTH_BYTES = 32 * 2**20

loop = asyncio.new_event_loop()
numbers = count()
first_size = 0


def try_one(data: bytes) -> None:
    if time_of(data) > MAX_SECONDS:
        # Twice: the first one may have met a collection of garbage.
        took = time_of(data)
        assert took <= MAX_SECONDS, f"{took * 1000:.0f} ms for {data!r}"
    watch_memory(next(numbers))


def time_of(data: bytes) -> float:
    begun = time.process_time()
    loop.run_until_complete(judge(data))
    return time.process_time() - begun


def watch_memory(number: int) -> None:
    global first_size  # noqa: PLW0603 - a fuzz target has no other place for what it knows.
    if number == WARM_UP:
        first_size = memory_bytes()
    elif number > WARM_UP and number % 10_000 == 0:
        grown = memory_bytes() - first_size
        print(f"memory after {number} inputs: {grown / 2**20:+.1f} MiB", flush=True)
        assert grown <= MAX_GROWTH_BYTES


def memory_bytes() -> int:
    return int(re.search(r"VmRSS:\s+(\d+)", Path("/proc/self/status").read_text())[1]) * 1024


async def judge(data: bytes) -> None:
    count, stream = (data[0] % 8, data[1:]) if data else (0, b"")
    size = len(stream) // (count + 1) + 1
    ours(stream[start : start + size] for start in range(0, len(stream), size))


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_CPU, (MAX_CPU_SECONDS, MAX_CPU_SECONDS))
    atheris.Setup(sys.argv, try_one)
    atheris.Fuzz()
