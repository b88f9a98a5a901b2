"""One refusal is one line of the terminal, with the connection, the reason and what to do."""

import re
from collections.abc import Iterator

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from tests.management.new_project import NewProject
from tests.management.processes import Command
from tests.waiting import SECONDS, eventually

pytestmark = pytest.mark.slow

VIEWS = """
from django.http import HttpResponse
from django_aws_api_gateway_websockets.views import WebSocketView

class EchoView(WebSocketView):
    USE_WS_TOKEN = False

    def default(self, request, *args, **kwargs):
        pass

    def no(self, request, *args, **kwargs):
        return HttpResponse("not you", status=403)

class AsyncView(EchoView):
    async def default(self, request, *args, **kwargs):
        pass
"""
HIDE_HOST = '\nDEBUG = False\nALLOWED_HOSTS = ["shop.example"]\n'
ADDRESS = r"{} is served at (ws://\S+)\.\n"


@pytest.fixture
def project(tmp_path) -> Iterator[NewProject]:
    project = NewProject(tmp_path / "shop")
    (project.folder / "site_views.py").write_text(VIEWS)
    (project.folder / "site_urls.py").write_text(
        "from django.urls import path\\nfrom site_views import AsyncView, EchoView\\n"
        'urlpatterns = [path("ws/<slug:route>", EchoView.as_view()),'
        ' path("a/<slug:route>", AsyncView.as_view())]\\n'.replace("\\n", "\n")
    )
    project.migrate()
    yield project
    project.stop()


def start(project: NewProject) -> Command:
    running = project.manage("runserver", "--noreload", "{port}")
    assert running.says("Quit the server")
    return running


def lines_after(running: Command, seen: int, expected: str) -> list[str]:
    assert eventually(lambda: re.search(expected, "".join(running.lines[seen:])))
    # A connect that is accepted comes after everything that is said about the refusal.
    return [line for line in running.lines[seen:] if line.strip()]


def refuse(running: Command, view: str, query: str = "", **options: object) -> None:
    address = re.findall(ADDRESS.format(view), running.said)[-1]
    origin = f"http://127.0.0.1:{running.port}"
    # With a cookie: without one the gateway would add that none came along, and why.
    headers = {"Cookie": "theme=dark"}
    given = {"origin": origin, "open_timeout": SECONDS, "additional_headers": headers}
    with pytest.raises(InvalidStatus):
        connect(address + query, **given | options)


@pytest.mark.parametrize("view", ["EchoView", "AsyncView"])
def test_a_refused_connect_is_one_line(project, view):
    running = start(project)
    for query, origin, reason in (
        ("?channel=a%20b", None, 'Invalid channel: "a b"; names match CHANNEL_NAME_PATTERN'),
        ("", "http://evil.example", "Host is not in Origin"),
    ):
        seen = len(running.lines)
        refuse(running, view, query, **({"origin": origin} if origin else {}))
        address = re.findall(ADDRESS.format(view), running.said)[-1]
        with connect(address, origin=f"http://127.0.0.1:{running.port}", open_timeout=SECONDS):
            pass

        lines = lines_after(running, seen, r"DISCONNECT 200")
        about = [line for line in lines if "200" not in line and "CONNECT 101" not in line]

        assert len(about) == 1, about
        assert reason in about[0]
        assert re.search(r'\(connection "[\w-]+=*"\)\.$', about[0].strip())


def test_a_message_its_handler_refuses_is_one_line(project):
    running = start(project)
    address = re.findall(ADDRESS.format("EchoView"), running.said)[-1]
    with connect(address, origin=f"http://127.0.0.1:{running.port}") as browser:
        seen = len(running.lines)
        browser.send('{"action": "no"}')
        assert eventually(lambda: "responded with 403" in running.said)

    lines = lines_after(running, seen, r"DISCONNECT 200")
    about = [line for line in lines if "200" not in line and "CONNECT 101" not in line]
    assert len(about) == 1, about
    assert "A message was refused: its handler no() responded with 403" in about[0]


def test_a_host_that_is_not_allowed_is_a_readable_line(project):
    settings = project.folder / "site_settings.py"
    settings.write_text(settings.read_text() + HIDE_HOST)
    running = start(project)
    seen = len(running.lines)

    refuse(running, "EchoView")

    [line] = [
        line for line in lines_after(running, seen, "ALLOWED_HOSTS") if "ALLOWED_HOSTS" in line
    ]
    assert "Bad Request (400); Django has refused it before any view" in line
    assert "ALLOWED_HOSTS lacks '127.0.0.1'" in line
    assert "(connection " in line
    assert "<" not in "".join(running.lines[seen:])
