"""Coverage-guided fuzzing of everything behind a handshake, with libFuzzer through Atheris.

    python -m tests.conformance.fuzz.frames -runs=1000000 [CORPUS_FOLDER]

An input is a stream of bytes and, in its first byte, the number of pieces it arrives in. Any
exception ends the run with exit code 77; an input that takes longer than `-timeout` with 70.
"""

import asyncio
import sys

import atheris

with atheris.instrument_imports(include=["django_aws_api_gateway_websockets", "websockets"]):
    from tests.conformance.fuzz.streams import ours


loop = asyncio.new_event_loop()


def try_one(data: bytes) -> None:
    loop.run_until_complete(judge(data))


async def judge(data: bytes) -> None:
    count, stream = (data[0] % 8, data[1:]) if data else (0, b"")
    size = len(stream) // (count + 1) + 1
    ours(stream[start : start + size] for start in range(0, len(stream), size))


if __name__ == "__main__":
    atheris.Setup(sys.argv, try_one)
    atheris.Fuzz()
