"""The pictures of the documentation are those that the script takes, and it takes them."""

import re
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.pages import DOCS, ROOT, pages
from tests.docs.screenshots.pictures import PICTURES
from tests.experiment_sizes import sized

IMAGES = DOCS / "images"
NAMES = [picture.name for picture in PICTURES]
BYTES_OF_A_PICTURE = range(20_000, 200_000)
"""An empty page takes a tenth of the least."""
WIDTHS = {"desktop": 1280, "phone": 2 * 390}
SECONDS = 300
PAGES = [*pages(), *sorted(ROOT.glob("examples/*/README.md"))]


def width_of(path: Path) -> int:
    """Read a PNG's width, which stands behind its signature and the name of its first part."""
    return struct.unpack(">I", path.read_bytes()[16:20])[0]


def judge(path: Path) -> None:
    assert path.stat().st_size in BYTES_OF_A_PICTURE, path.name
    assert width_of(path) == WIDTHS[path.stem.rpartition("-")[2]], path.name


def shown_on(page: Path) -> set[Path]:
    found = re.findall(r"!\[[^\]]{10,}\]\(([^)]+\.png)\)", page.read_text())
    return {(page.parent / name).resolve() for name in found}


def test_each_picture_is_on_the_list_of_the_script_and_on_a_page():
    there = sorted(IMAGES.glob("*.png"))
    shown = {path for page in PAGES for path in shown_on(page)}

    assert [path.stem for path in there] == sorted(NAMES)
    assert [path for path in there if path not in shown] == []
    assert [path for path in shown if not path.exists()] == []
    for path in there:
        judge(path)


@pytest.mark.browser
@pytest.mark.any_database
@pytest.mark.slow
@pytest.mark.timeout(SECONDS)
def test_the_script_takes_the_pictures(tmp_path):
    names = NAMES[: sized(len(NAMES))]

    command = [sys.executable, "-m", "tests.docs.screenshots", "--into", str(tmp_path), *names]
    subprocess.run(command, cwd=ROOT, check=True, timeout=SECONDS)

    assert {path.stem for path in tmp_path.iterdir()} == set(names)
    for name in names:
        judge(tmp_path / f"{name}.png")


@pytest.mark.slow
def test_a_name_that_is_not_on_the_list_is_refused_with_the_list():
    command = [sys.executable, "-m", "tests.docs.screenshots", "no-such-picture"]
    ended = subprocess.run(
        command, cwd=ROOT, capture_output=True, check=False, text=True, timeout=SECONDS
    )

    assert ended.returncode == 2
    assert "there is no picture 'no-such-picture'; there are chat-room-light" in ended.stderr
