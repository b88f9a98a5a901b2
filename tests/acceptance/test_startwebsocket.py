"""Two people talk in a new project that follows the files and steps of `startwebsocket`."""

import re
import textwrap
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.acceptance.tutorial.reader import PASSWORDS, TUTORIAL, Reader

PASSWORD = next(iter(PASSWORDS.values()))
USERS = (
    "from django.contrib.auth import get_user_model as users\n"
    f"for name in ('ada', 'grace'): users().objects.create_superuser(name, password='{PASSWORD}')\n"
)
ECHO = """
from django_aws_api_gateway_websockets.views import WebSocketView


class EchoView(WebSocketView):
    USE_WS_TOKEN = False
"""
STEP = re.compile(r"^\d+\. (.*?)(?=^\d+\. |\Z)", re.M | re.S)

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]


@pytest.fixture
def project(tmp_path) -> Iterator[Reader]:
    """A new project with two apps, one of which is to have the socket, and no settings for it."""
    reader = Reader(tmp_path)
    reader.type_lines(TUTORIAL / "files/1-two-tabs/begin.sh")
    reader.run("manage.py", "startapp", "blog")
    add(
        reader,
        "mysite/settings.py",
        'INSTALLED_APPS = ["django_aws_api_gateway_websockets", "blog", "chat", *INSTALLED_APPS]',
    )
    yield reader
    reader.stop()


def add(reader: Reader, name: str, *lines: str) -> None:
    with (reader.where / name).open("a") as file:
        file.write("\n".join(["", *lines, ""]))


def follow_steps(reader: Reader, said: str) -> list[str]:
    """Do what the printed steps say with files; return the lines that are to be typed."""
    typed = []
    for step in STEP.findall(said.partition("\nNext\n")[2]):
        code = textwrap.dedent("\n".join(re.findall(r"^ {7}.*", step, re.M))).splitlines()
        named = re.match(r"In (\S+), ", step)
        if named is None:
            typed += [line for line in code if line.startswith("python ")]
        elif "urlpatterns" in step:
            path = reader.where / named[1]
            line, *above = code
            text = path.read_text().replace("urlpatterns = [", f"urlpatterns = [\n    {line}")
            path.write_text("\n".join([*above, text]))
        else:
            add(reader, named[1], *code)
    return typed


def enter(browser: Browser, reader: Reader, name: str) -> Page:
    page = browser.new_context().new_page()
    page.goto(f"{reader.site}/tea_room/7/")
    page.fill("#id_username", name)
    page.fill("#id_password", PASSWORD)
    page.click("[type=submit]")
    expect(page.locator("#status")).to_contain_text("open")
    return page


def two_people_talk(browser: Browser, reader: Reader) -> None:
    pages = [enter(browser, reader, name) for name in ("ada", "grace")]
    for page in pages:
        expect(page.locator("#members")).to_have_text("ada, grace")
    pages[0].fill("[name=text]", "Hello")
    pages[0].click("button")
    for page in pages:
        expect(page.locator("#log li")).to_have_text(["ada: Hello"])
        page.context.close()


@pytest.mark.parametrize("sockets_there_are", [0, 1], ids=["alone", "beside-another-socket"])
def test_the_printed_steps_lead_to_two_people_who_talk(project, browser, sockets_there_are):
    if sockets_there_are:
        add(project, "blog/views.py", ECHO)
        add(
            project,
            "mysite/urls.py",
            "from blog.views import EchoView",
            'urlpatterns += [path("ws/<slug:route>", EchoView.as_view())]',
        )

    said = project.run("manage.py", "startwebsocket", "tea_room", "--app", "chat")
    test, migrate, serve = follow_steps(project, said)
    add(
        project,
        "mysite/settings.py",
        f'WEBSOCKETS["local_gateway_address"] = "127.0.0.1:{project.gateway_port}"',
    )

    assert "no issues" in project.run("manage.py", "check", "--fail-level", "WARNING")
    assert "Ran 3 tests" in project.run(*test.split()[1:])
    project.run(*migrate.split()[1:])
    project.run("manage.py", "shell", "-c", USERS)
    project.serve(serve.split()[1:])
    two_people_talk(browser, project)
