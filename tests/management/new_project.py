"""A project as a newcomer has it: what `startproject` gives, with one view and the setting."""

import tempfile
from functools import cache
from pathlib import Path

from tests.management.processes import Command

MANAGE = """
import os, sys
sys.path.insert(0, os.path.dirname(__file__))
os.environ["DJANGO_SETTINGS_MODULE"] = "site_settings"
from django.core.management import execute_from_command_line
execute_from_command_line(sys.argv)
"""

SETTINGS = """
import os
from pathlib import Path
BASE_DIR = Path(__file__).parent
DEBUG, SECRET_KEY, ROOT_URLCONF = True, "not-secret", "site_urls"
INSTALLED_APPS = [
    "django_aws_api_gateway_websockets",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
]
MIDDLEWARE = [
    "django.middleware.common.CommonMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]
DATABASES = {"default": {
    "ENGINE": "django.db.backends.sqlite3",
    "NAME": "db.sqlite3",
    "OPTIONS": {"timeout": 20, "transaction_mode": "IMMEDIATE"},
}}
STATIC_URL = "static/"
HOST = os.environ.get("GATEWAY_HOST", "127.0.0.1")
WEBSOCKETS = {
    "local_gateway": True,
    "local_gateway_address": f"{HOST}:{os.environ['GATEWAY_PORT']}",
}
"""

VIEWS = """
from django_aws_api_gateway_websockets.views import WebSocketView

class EchoView(WebSocketView):
    USE_WS_TOKEN = False

    def default(self, request, *args, **kwargs):
        self.websocket_session.send_message({"you sent": self.body})

class OtherView(EchoView):
    pass
"""

URLS = """
from django.urls import path
from site_views import EchoView, OtherView

urlpatterns = [{}]
"""

DATABASE = "db.sqlite3"

ECHO = 'path("ws/<slug:route>", EchoView.as_view())'


class NewProject:
    """A project in a folder of its own, and the commands that were started in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.started: list[Command] = []
        folder.mkdir()
        (folder / "manage.py").write_text(MANAGE)
        (folder / "site_settings.py").write_text(SETTINGS)
        (folder / "site_views.py").write_text(VIEWS)
        self.route(ECHO)

    def route(self, *patterns: str) -> None:
        (self.folder / "site_urls.py").write_text(URLS.format(", ".join(patterns)))

    def write(self, *, settings: str = "", views: str = "", urls: str = "") -> "NewProject":
        """Add to the settings, and put other views and URLs in place of those there are."""
        with (self.folder / "site_settings.py").open("a") as file:
            file.write(f"\n{settings}\n")
        for name, text in (("site_views", views), ("site_urls", urls)):
            if text:
                (self.folder / f"{name}.py").write_text(text)
        return self

    def manage(self, *arguments: str, **environment: str | None) -> Command:
        command = Command(self.folder, *arguments, manage=self.folder / "manage.py", **environment)
        self.started.append(command)
        return command

    def migrate(self) -> "NewProject":
        """Give it the database that `migrate` makes, which is the same for each new project."""
        (self.folder / DATABASE).write_bytes(migrated_database())
        return self

    def stop(self) -> None:
        for command in self.started:
            command.kill()


@cache
def migrated_database() -> bytes:
    """Run `migrate` once, and return the file that it made."""
    with tempfile.TemporaryDirectory() as folder:
        project = NewProject(Path(folder) / "migrated")
        migration = project.manage("migrate", "--verbosity=0")
        assert migration.ended() == 0, migration.said
        project.stop()
        return (project.folder / DATABASE).read_bytes()
