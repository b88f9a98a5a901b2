"""Python in a folder of its own, with this package and without the settings of this run."""

import os
import subprocess
import sys
from pathlib import Path

__all__ = ["SOURCE", "python_says"]

SOURCE = Path(__file__).parents[1] / "src"
SECONDS = 100.0


def python_says(folder: Path, *arguments: str) -> str:
    """Run Python there, and return what it says; it has to end well."""
    kept = {name: value for name, value in os.environ.items() if "DJANGO" not in name}
    paths = os.pathsep.join([str(SOURCE), str(folder)])
    ended = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env={**kept, "PYTHONPATH": paths},
        timeout=SECONDS,
        check=False,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    assert ended.returncode == 0, ended.stdout
    return ended.stdout
