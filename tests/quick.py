"""`make quick`: the part of the suite a change needs while one works.

It runs on SQLite and leaves out what is marked slow: the browser, whole processes, judges from
elsewhere, and whatever takes more than a second. Further arguments go to pytest.
"""

import subprocess
import sys
from pathlib import Path

from tests.run import WORKERS

ROOT = Path(__file__).parents[1]


def main(arguments: list[str]) -> int:
    """Run it, and return pytest's exit code."""
    command = [sys.executable, "-m", "pytest", "-q", "-m", "not slow", *WORKERS, *arguments]
    return subprocess.run(command, cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
