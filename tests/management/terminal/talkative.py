"""A site with sockets that reply, refuse and close, and the client at its terminal."""

import json
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.management.new_project import NewProject
from tests.management.processes import Command
from tests.waiting import SECONDS

SETTINGS = """
INSTALLED_APPS.append("rooms")
LOGGING = {
    "version": 1,
    "handlers": {"terminal": {"class": "logging.StreamHandler"}},
    "loggers": {"django_aws_api_gateway_websockets": {"handlers": ["terminal"], "level": "INFO"}},
}
"""

CHANNELS = """
from django_aws_api_gateway_websockets.channels import Channel

class Room(Channel):
    pattern = "room-<int:pk>"
    presence = True

    def may_subscribe(self, user):
        return True

    def may_publish(self, user):
        return True
"""

VIEWS = """
from django.http import HttpResponse
from django_aws_api_gateway_websockets.views import WebSocketView

class OpenView(WebSocketView):
    USE_WS_TOKEN = False
    RATE_LIMIT_ENABLED = False
    ALLOWED_HANDLERS = {"shout", "who", "away", "out"}

    def shout(self, request, *args, **kwargs):
        return {"loud": self.body["text"].upper()}

    def who(self, request, *args, **kwargs):
        return {"user": getattr(request.user, "username", "")}

    def away(self, request, *args, **kwargs):
        self.websocket_session.close(reason="a new release", reconnect=0.1)

    def out(self, request, *args, **kwargs):
        self.websocket_session.close(reason="no longer welcome", reconnect=False)

    def default(self, request, *args, **kwargs):
        self.websocket_session.send_message({"you sent": self.body})

class RoomView(OpenView):
    USE_WS_TOKEN = True

class ClosedView(OpenView):
    def _additional_connection_checks(self, request, *args, **kwargs):
        return False, "Nobody may come in on Sundays"
"""

URLS = """
from django.urls import path
from django_aws_api_gateway_websockets.views import WebSocketTokenView
from site_views import ClosedView, OpenView, RoomView

urlpatterns = [
    path("token/", WebSocketTokenView.as_view()),
    path("room/<slug:route>", RoomView.as_view()),
    path("open/<slug:route>", OpenView.as_view()),
    path("closed/<slug:route>", ClosedView.as_view()),
]
"""

ADD_USER = (
    "from django.contrib.auth import get_user_model as user;"
    "user().objects.create_user('ada'); user().objects.create_user('bob', is_active=False)"
)


@dataclass
class Site:
    """The project, its server, and the ways to its terminal."""

    project: NewProject
    running: Command

    def connect(self, *words: str, **environment: str) -> Command:
        """Start the client without input; what it says is in one piece."""
        port = str(self.running.gateway_port)
        options = {"PYTHONIOENCODING": "utf-8", "GATEWAY_PORT": port, **environment}
        return self.project.manage("websocket", "connect", *words, **options)

    def pipe(self, text: str, *words: str) -> subprocess.CompletedProcess[str]:
        """Run the client with this text as its input."""
        return subprocess.run(
            [sys.executable, self.project.folder / "manage.py", "websocket", "connect", *words],
            env=self.environment,
            cwd=self.project.folder,
            input=text,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )

    @property
    def environment(self) -> dict[str, str]:
        return {**self.running.environment, "PYTHONIOENCODING": "utf-8"}

    def frames(self, text: str, *words: str) -> list[dict[str, Any]]:
        """Run the client with this text, and return the objects it prints."""
        ended = self.pipe(text, "--json", *words)
        assert "Traceback" not in ended.stderr, ended.stderr
        return [json.loads(line) for line in ended.stdout.splitlines()]

    def rows(self, table: str) -> int:
        with closing(sqlite3.connect(self.project.folder / "db.sqlite3")) as database:
            return database.execute(f"SELECT count(*) FROM {table}").fetchone()[0]

    def logins(self) -> tuple[int, int]:
        """Return how many logins and tokens there are."""
        token = "django_aws_api_gateway_websockets_websockettoken"
        return self.rows("django_session"), self.rows(token)


def running_site(folder: Path) -> Iterator[Site]:
    project = NewProject(folder / "site")
    (project.folder / "rooms").mkdir()
    (project.folder / "rooms" / "__init__.py").touch()
    (project.folder / "rooms" / "channels.py").write_text(CHANNELS)
    project.write(settings=SETTINGS, views=VIEWS, urls=URLS)
    project.migrate()
    assert project.manage("shell", "-c", ADD_USER).ended() == 0
    running = project.manage("runserver", "--noreload", "{port}")
    assert running.says("Quit the server"), running.said
    yield Site(project, running)
    project.stop()


def received(objects: list[dict[str, Any]]) -> list[Any]:
    return [one["frame"] for one in objects if one.get("direction") == "<"]


def events(objects: list[dict[str, Any]]) -> dict[str, str]:
    return {one["event"]: one["text"] for one in objects if "event" in one}
