"""The browser client: its own tests in Node, and the files that are made out of its modules."""

import gzip
import importlib.util
import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.client.node import node_command

ROOT = Path(__file__).parents[2]
CLIENT = ROOT / "client"
TESTS = sorted(Path(__file__).parent.glob("*.test.mjs"))
MOST_BYTES = 6 * 1024
DEADLINE = 110

_spec = importlib.util.spec_from_file_location("client_build", CLIENT / "build.py")
build = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(build)

FILES = {
    "modules": CLIENT / "src/index.js",
    # Made out of the one file that is not minified, so its tests are that file's as well.
    "minified": build.STATIC / "websockets.min.js",
}


@pytest.fixture(scope="module")
def minified() -> str:
    """Give what terser makes of the modules today."""
    node_command()
    if shutil.which("npm") is None and not os.environ.get("CI"):
        pytest.skip("npm, which installs terser, is not there.")
    return build.minify()


@pytest.mark.slow
@pytest.mark.parametrize("file", FILES)
def test_the_client_keeps_what_it_promises(file):
    command = [*node_command(), "--test", "--test-reporter=tap", *map(str, TESTS)]

    finished = subprocess.run(
        command,
        env={**os.environ, "CLIENT": str(FILES[file])},
        capture_output=True,
        text=True,
        check=False,
        timeout=DEADLINE,
    )

    failed = re.findall(r"^ *not ok .*(?:\n .*)*", finished.stdout, re.M)
    assert finished.returncode == 0, "\n".join(failed) or finished.stdout + finished.stderr
    assert int(re.findall(r"^# pass (\d+)$", finished.stdout, re.M)[-1]) > 100


def test_the_file_pages_load_is_made_out_of_the_modules():
    assert (build.STATIC / "websockets.js").read_text() == build.bundle()
    assert (build.STATIC / "websockets.d.ts").read_text() == (
        CLIENT / "websockets.d.ts"
    ).read_text()


@pytest.mark.slow
def test_the_minified_file_is_made_out_of_the_modules(minified):
    assert (build.STATIC / "websockets.min.js").read_text() == minified


def test_the_minified_client_is_smaller_than_six_kilobytes_when_compressed(record_property):
    size = len(gzip.compress((build.STATIC / "websockets.min.js").read_bytes(), 9))
    record_property("figures", f"browser client, minified and compressed: {size} bytes")

    assert size < MOST_BYTES


def test_the_client_runs_no_text_as_code_and_loads_nothing():
    text = (build.STATIC / "websockets.js").read_text()

    assert not re.findall(
        r"\beval\b|\bFunction\(|innerHTML|import\(|new Worker|createElement", text
    )


def test_the_package_for_npm_has_the_modules_and_their_types(tmp_path):
    package = json.loads((CLIENT / "package.json").read_text())
    node_command()
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm is not there.")
    packed = subprocess.run(
        [npm, "pack", "--dry-run", "--json", "--cache", str(tmp_path)],
        cwd=CLIENT,
        check=True,
        capture_output=True,
        text=True,
    )
    [contents] = json.loads(packed.stdout)
    files = {one["path"] for one in contents["files"]}

    assert (package["private"], package["license"], package.get("dependencies")) == (
        False,
        "MIT",
        None,
    )
    assert {f"src/{path.name}" for path in (CLIENT / "src").glob("*.js")} < files
    assert {"websockets.d.ts", "README.md", "LICENSE", "package.json"} < files
    assert not files & {"package-lock.json", "npm-shrinkwrap.json", ".npmrc"}
    assert (CLIENT / "LICENSE").read_text() == (ROOT / "LICENSE").read_text()
