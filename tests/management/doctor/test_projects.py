"""The doctor as it is typed, in a project as a newcomer has it."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass

import pytest

from tests.management.new_project import ECHO, NewProject
from tests.management.processes import Command

pytestmark = pytest.mark.slow

VIEWS = """
import time
from django_aws_api_gateway_websockets.views import WebSocketView

class EchoView(WebSocketView):
    USE_WS_TOKEN = False

class OtherView(EchoView):
    def dispatch(self, request, *args, **kwargs):
        if kwargs["route"] == "default":
            time.sleep(2)
        return super().dispatch(request, *args, **kwargs)
"""


@dataclass
class Shop:
    """The project, and its server."""

    project: NewProject
    running: Command

    def doctor(self, *words: str) -> Command:
        port = str(self.running.gateway_port)
        utf8 = {"PYTHONIOENCODING": "utf-8"}
        return self.project.manage("doctor", *words, GATEWAY_PORT=port, **utf8)

    def rows(self) -> dict[str, int]:
        """Return the number of rows of the tables that have any; the relay's are its own."""
        with closing(sqlite3.connect(self.project.folder / "db.sqlite3")) as database:
            tables = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            counted = {
                table: database.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
                for (table,) in tables.fetchall()
                if "relay" not in table and not table.startswith("sqlite_")
            }
        return {table: number for table, number in counted.items() if number}


@pytest.fixture(scope="module")
def shop(tmp_path_factory) -> Iterator[Shop]:
    project = NewProject(tmp_path_factory.mktemp("doctor") / "shop")
    project.write(views=VIEWS)
    project.route(ECHO, 'path("slow/<slug:route>", OtherView.as_view())')
    running = project.migrate().manage("runserver", "--noreload", "{port}")
    assert running.says("Quit the server"), running.said
    yield Shop(project, running)
    project.stop()


def test_a_new_project_is_well(shop):
    before = shop.rows()

    doctor = shop.doctor("--api", "EchoView")

    assert doctor.ended() == 0, doctor.said
    assert "EchoView: all is well: a message went all the way round" in doctor.said
    assert not [line for line in doctor.said.splitlines() if line.startswith(("!", "✗", "?"))]
    assert "Traceback" not in shop.running.said
    assert shop.rows() == before


def test_ctrl_c_is_quiet_and_leaves_nothing(shop):
    before = shop.rows()

    doctor = shop.doctor("--api", "OtherView")
    assert doctor.says("... handler")
    code = doctor.interrupt()

    assert code == 130, doctor.said
    assert "Traceback" not in doctor.said
    assert shop.rows() == before
