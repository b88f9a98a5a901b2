import platform
import sys
from pathlib import Path

import pytest

from tests import matrix

VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"


@pytest.fixture(autouse=True)
def empty_machine(monkeypatch, tmp_path) -> Path:
    """Nothing in PATH, in pyenv or from uv."""
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("UV_PYTHON_INSTALL_DIR", str(tmp_path / "uv"))
    return tmp_path


def install(directory: Path, name: str) -> str:
    """A file that runs the interpreter of these tests."""
    directory.mkdir(parents=True)
    real = Path(sys.base_prefix) / "bin" / f"python{VERSION}"
    script = directory / name
    script.write_text(f'#!/bin/sh\nexec "{real}" "$@"\n')
    script.chmod(0o755)
    return str(script)


def test_a_version_that_is_nowhere_is_not_found():
    assert matrix.find_interpreter(VERSION) is None


def test_an_interpreter_in_path_is_found(empty_machine):
    path = install(empty_machine / "bin", f"python{VERSION}")

    assert matrix.find_interpreter(VERSION) == path


def test_an_interpreter_of_pyenv_is_found_though_its_shim_does_not_run(empty_machine):
    shim = Path(install(empty_machine / "bin", f"python{VERSION}"))
    shim.write_text("#!/bin/sh\nexit 127\n")
    path = install(empty_machine / ".pyenv" / "versions" / f"{VERSION}.1" / "bin", "python")

    assert matrix.find_interpreter(VERSION) == path


@pytest.mark.slow
@pytest.mark.skipif(
    sys.platform != "linux" or platform.libc_ver()[0] != "glibc", reason="uv names others otherwise"
)
def test_an_interpreter_uv_has_installed_is_found(empty_machine):
    full = ".".join(map(str, sys.version_info[:3]))
    kind = f"cpython-{full}-linux-{platform.machine()}-gnu"
    install(empty_machine / "uv" / kind / "bin", f"python{VERSION}")

    found = matrix.find_interpreter(VERSION)

    assert found is not None
    # uv names the interpreter that the script runs.
    assert Path(found).is_relative_to(empty_machine) or found.startswith(sys.base_prefix)
    assert matrix.is_interpreter(found, VERSION)
