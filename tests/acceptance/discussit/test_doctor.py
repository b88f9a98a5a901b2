"""`manage.py doctor` on DiscussIt under gunicorn: all the way round, and no alarm."""

import subprocess
import sys

import pytest

from tests.acceptance.discussit.sites import SECONDS, Site


def test_doctor_gets_round_discussit_as_ada(site: Site) -> None:
    if site.name != "package":
        pytest.skip("the doctor belongs to the package")

    said = subprocess.run(
        [sys.executable, "manage.py", "doctor", "--user", "ada", "--channel", "home"],
        cwd=site.project,
        env={**site.environment, "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        check=False,
        text=True,
        timeout=SECONDS,
    )

    assert (said.returncode, "all is well: a message went all" in said.stdout) == (0, True), (
        said.stdout + said.stderr
    )
    assert not [line for line in said.stdout.splitlines() if line.startswith(("!", "✗", "?"))]
