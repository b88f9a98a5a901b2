"""Node, which runs the browser client without a browser."""

import os
import shutil

import pytest

ARGUMENTS = ("--experimental-websocket", "--no-warnings")
"""Node 20 has a WebSocket behind this flag; later versions have it without, and take the flag."""


def node_command() -> list[str]:
    """Return how Node is called; without Node the test is skipped, and fails under CI."""
    node = shutil.which("node")
    if node is None:
        missing = "The browser client's tests need Node 20 or later, as `node`."
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    return [node, *ARGUMENTS]
