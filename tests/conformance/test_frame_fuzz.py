"""A hundred thousand streams of bytes, grown towards what has not been reached yet."""

import os
import random
import re
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from tests.experiment_sizes import sized
from tests.gateway.raw import BINARY, CLOSE, CONTINUATION, PING, TEXT, frame_bytes

ROOT = Path(__file__).parents[2]
RUNS = sized(100_000)

SEEDS = [
    frame_bytes(TEXT, b"hello"),
    frame_bytes(TEXT, "caf\u00e9 \U0001f600".encode()),
    frame_bytes(TEXT, b"one", fin=False) + frame_bytes(CONTINUATION, b"two"),
    frame_bytes(TEXT, b"\xce\xba", fin=False) + frame_bytes(PING, b"p") + frame_bytes(CLOSE, b""),
    frame_bytes(PING, b"x" * 125) * 3,
    frame_bytes(CLOSE, b"\x03\xe8bye") + frame_bytes(TEXT, b"late"),
    frame_bytes(BINARY, b"\x00\x01"),
    frame_bytes(TEXT, b"x" * 200),
    frame_bytes(TEXT, b"", length=2**63 - 1),
    frame_bytes(TEXT, b"\xff\xfe") + frame_bytes(TEXT, b"late"),
]


@pytest.mark.timeout(300)
@pytest.mark.skipif(
    sys.version_info >= (3, 14) or sys.platform == "win32", reason="Atheris has no build for it."
)
@pytest.mark.experiment("E5", "T22")
def test_no_stream_of_bytes_breaks_a_session(tmp_path, record_property):
    for number, seed in enumerate(SEEDS):
        (tmp_path / str(number)).write_bytes(bytes([7]) + seed)
    seed = random.randrange(1, 2**31)
    # libFuzzer judges the peak of a process, which on Linux begins with that of its parent.
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024

    finished = subprocess.run(
        [
            *(sys.executable, "-m", "tests.conformance.fuzz.frames"),
            *(f"-runs={RUNS}", f"-seed={seed}", "-max_len=1024"),
            *("-timeout=0", f"-rss_limit_mb={512 + peak_mb}", f"-artifact_prefix={tmp_path}/"),
            str(tmp_path),
        ],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)])},
        capture_output=True,
        text=True,
        check=False,
    )

    said = f"{finished.stdout[-2000:]}\n{finished.stderr[-3000:]}"
    assert finished.returncode == 0, f"-seed={seed}\n{said}"
    assert f"Done {RUNS} runs" in finished.stderr
    *_, memory = re.findall(r"memory after .*", finished.stdout)
    record_property("figures", f"E5: {RUNS} inputs, none over 50 ms of CPU twice; {memory}")
