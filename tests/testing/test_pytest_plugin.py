"""Fixtures for pytest, found by the entry point, which cost nothing where nobody asks for them."""

import os
import subprocess
import sys
import tomllib
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

import pytest

from django_aws_api_gateway_websockets.testing import WebSocketClient, clock, outbox

ROOT = Path(__file__).parents[2]
PLUGIN = "django_aws_api_gateway_websockets.testing.pytest_plugin"

WITHOUT_DJANGO = """
import sys

def test_no_part_of_django_is_loaded():
    assert "django_aws_api_gateway_websockets.testing.pytest_plugin" in sys.modules
    assert [name for name in sys.modules if name.split(".")[0] in {"django", "boto3"}] == []
"""


def test_the_entry_point_leads_to_the_fixtures():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    [(name, place)] = project["entry-points"]["pytest11"].items()

    assert name == place == PLUGIN
    assert import_module(place).websocket_client


def test_the_client_brings_the_database_with_it(websocket_client):
    client = websocket_client("/ws/", channel="lobby")

    assert isinstance(client, WebSocketClient)
    assert client.is_open


def test_the_outbox_takes_what_is_sent(websocket_outbox, session):
    session.send_message("x")

    assert websocket_outbox is outbox
    assert [one.data for one in websocket_outbox] == ["x"]


def test_the_clock_stands_still(websocket_clock):
    moment = websocket_clock.set(datetime(2026, 3, 1, tzinfo=UTC))

    assert websocket_clock is clock
    assert websocket_clock.now() == moment


@pytest.mark.slow
def test_a_project_without_django_does_not_notice(tmp_path):
    (tmp_path / "test_plain.py").write_text(WITHOUT_DJANGO)
    paths = os.pathsep.join([str(ROOT / "src"), os.environ.get("PYTHONPATH", "")])

    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", PLUGIN, "-p", "no:django", str(tmp_path)],
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": paths,
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        },
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert "1 passed" in run.stdout, run.stdout + run.stderr
