"""The suite on each Python with its Django: `make matrix`. Further arguments go to pytest.

Interpreters are looked for in PATH, in pyenv and where `uv python install` puts them; one that is
missing is named, and a failure under CI.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.side_by_side import Run, exit_code_of_all

ROOT = Path(__file__).parents[1]
PAIRS = (("3.11", "5.2"), ("3.12", "6.0"), ("3.13", "6.1"))


def main(arguments: list[str]) -> int:
    """Run every pair; the exit code is that of the first run that failed."""
    runs, is_complete = [], True
    for python, django in PAIRS:
        interpreter = find_interpreter(python)
        if interpreter is None:
            print(f"Missing: Python {python}, so Django {django} is not tested with it.")
            is_complete = False
            continue
        environment = make_environment(interpreter, python, django)
        title = f"Python {python} with Django {django}"
        runs.append(Run(title, str(environment / "bin" / "python"), arguments))
    # One by one: three at a time keep each other waiting for longer than some tests allow.
    codes = [exit_code_of_all(run) for run in runs]
    code = next((code for code in codes if code), 0)
    return code or int(not is_complete and "CI" in os.environ)


def find_interpreter(version: str) -> str | None:
    """Path of an interpreter of this version, or None."""
    in_pyenv = sorted(Path.home().glob(f".pyenv/versions/{version}.*/bin/python"))
    for candidate in (shutil.which(f"python{version}"), *map(str, in_pyenv), find_in_uv(version)):
        if candidate and is_interpreter(candidate, version):
            return candidate
    return None


def find_in_uv(version: str) -> str:
    """Path of an interpreter `uv python install` has put on this machine; "" without one."""
    # Those in PATH are looked for already, and uv gives up at a shim of pyenv that does not run.
    options = ["--managed-python", "--no-python-downloads", "--no-project", "--system"]
    command = [sys.executable, "-m", "uv", "python", "find", *options, version]
    found = subprocess.run(command, check=False, capture_output=True, text=True)
    return found.stdout.strip()


def is_interpreter(path: str, version: str) -> bool:
    """Tell whether it runs and is of this version; pyenv's shims exist for versions that do not."""
    asked = subprocess.run([path, "--version"], check=False, capture_output=True, text=True)
    return asked.returncode == 0 and asked.stdout.startswith(f"Python {version}.")


def make_environment(interpreter: str, python: str, django: str) -> Path:
    """An environment with the pinned test requirements, but for Django's version."""
    environment = ROOT / ".venv" / f"matrix-{python}"
    pinned = (ROOT / "requirements" / "tests.txt").read_text().splitlines()
    others = [line for line in pinned if not line.startswith("django==")]
    uv = [sys.executable, "-m", "uv"]
    # With pip, as `make setup` and most users have it: tests fetch releases with it.
    options = ["--quiet", "--clear", "--seed", "--python", interpreter]
    subprocess.run([*uv, "venv", *options, str(environment)], check=True)
    subprocess.run(
        [
            *(*uv, "pip", "install", "--quiet", "--python", str(environment)),
            *("--editable", str(ROOT), "--requirement", "-", f"django~={django}.0", "uv"),
        ],
        check=True,
        text=True,
        input="\n".join(others),
    )
    return environment


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
