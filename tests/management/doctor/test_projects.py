"""The doctor as it is typed, in a project as a newcomer has it."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest

from tests.management.new_project import NewProject
from tests.management.processes import Command

pytestmark = pytest.mark.slow

WAITING = """
import time
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from site_views import EchoView

echo = EchoView.as_view()

@csrf_exempt
def slow(request, route):
    time.sleep(2 if route == "default" else 0)
    return echo(request, route=route)

urlpatterns = [path("ws/<slug:route>", slow)]
"""


def start(project: NewProject) -> Command:
    running = project.manage("runserver", "--noreload", "{port}")
    assert running.says("Quit the server"), running.said
    return running


def doctor(project: NewProject, running: Command, *words: str) -> Command:
    port = str(running.gateway_port)
    return project.manage("doctor", *words, GATEWAY_PORT=port, PYTHONIOENCODING="utf-8")


def rows_left(project: NewProject) -> dict[str, int]:
    with closing(sqlite3.connect(project.folder / "db.sqlite3")) as database:
        tables = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        counted = {
            table: database.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
            for (table,) in tables
            # The relay of `runserver` has rows of its own.
            if ("websocket" in table and "relay" not in table) or table == "django_session"
        }
    return {table: number for table, number in counted.items() if number}


@pytest.fixture
def project(tmp_path) -> Iterator[NewProject]:
    made = NewProject(tmp_path / "shop").migrate()
    yield made
    made.stop()


def test_a_new_project_is_well_once_it_runs_and_is_told_to_run_before(project):
    before = project.manage("doctor", PYTHONIOENCODING="utf-8")
    told = (before.ended(), before.said)
    running = start(project)

    after = doctor(project, running)

    assert told[0] == 1
    assert "Fix: Start `python manage.py runserver` again" in told[1]
    assert after.ended() == 0, after.said
    assert "all is well: a message went all the way round" in after.said
    assert not [line for line in after.said.splitlines() if line.startswith(("!", "✗", "?"))]
    assert "Traceback" not in running.said


def test_ctrl_c_is_quiet_and_leaves_nothing(project):
    running = start(project)
    project.write(urls=WAITING)
    project.stop()
    running = start(project)
    rows = rows_left(project)

    waiting = doctor(project, running)
    assert waiting.says("... handler")
    code = waiting.interrupt()

    assert code == 130, waiting.said
    assert "Traceback" not in waiting.said
    assert rows_left(project) == rows
