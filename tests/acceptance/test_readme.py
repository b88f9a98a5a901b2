"""The README's example, pasted into a new project, does what the README prints."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.acceptance.chat_room.process import connect_within, free_port

README = Path(__file__).parents[2] / "README.md"
SECONDS = 30.0


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README.read_text(), re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make what `django-admin startproject mysite` gives, with the README's blocks pasted in."""
    folder = tmp_path_factory.mktemp("readme")
    settings, view, urls, send = blocks("python")
    subprocess.run(
        [sys.executable, "-m", "django", "startproject", "mysite", str(folder)], check=True
    )
    written = (folder / "mysite" / "settings.py").read_text()
    without_apps = re.sub(r"^INSTALLED_APPS = \[.*?^\]\n", "", written, flags=re.M | re.S)
    (folder / "mysite" / "settings.py").write_text(without_apps + settings)
    (folder / "mysite" / "views.py").write_text(view)
    (folder / "mysite" / "urls.py").write_text(urls)
    (folder / "send.py").write_text(send)
    return folder


@pytest.fixture(scope="module")
def ports(project) -> tuple[int, int]:
    """Free ports in place of the printed ones, which another program may hold."""
    port, gateway_port = free_port(), free_port()
    with (project / "mysite" / "settings.py").open("a") as settings:
        settings.write(f'\nWEBSOCKETS["local_gateway_address"] = "127.0.0.1:{gateway_port}"\n')
    return port, gateway_port


def manage(project: Path, *arguments: str, **options) -> subprocess.CompletedProcess:
    environment = {key: value for key, value in os.environ.items() if "DJANGO" not in key}
    command = [sys.executable, "manage.py", *arguments]
    return subprocess.run(
        command, cwd=project, env=environment, timeout=SECONDS, check=True, **options
    )


@pytest.fixture(scope="module")
def site(project, ports) -> Iterator[str]:
    port, _ = ports
    manage(project, "migrate", "--verbosity=0")
    environment = {key: value for key, value in os.environ.items() if "DJANGO" not in key}
    with (project / "terminal.txt").open("w") as terminal:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "runserver", str(port)],
            cwd=project,
            env={**environment, "PYTHONUNBUFFERED": "1"},
            stdout=terminal,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        connect_within(port, SECONDS)
        yield f"http://127.0.0.1:{port}"
        os.killpg(process.pid, signal.SIGINT)
        assert process.wait(SECONDS) == 0


@pytest.mark.browser
def test_the_readmes_view_works_as_printed_in_a_new_project(site, project, ports, browser: Browser):
    _, gateway_port = ports
    script = blocks("javascript")[0].replace("8001", str(gateway_port))
    received = "new Promise(resolve => socket.onmessage = event => resolve(event.data))"

    page = browser.new_page()
    page.goto(f"{site}/admin/")
    # Run as the console would: the names of the script are the page's.
    shouted = page.evaluate(f"{script}; {received}")
    plain = json.dumps({"text": "plain", "action": "?"})
    echoed = page.evaluate(f"socket.send('{plain}'); {received}")
    arriving = page.evaluate_handle(f"({{promise: {received}}})")
    code = (project / "send.py").read_text()
    manage(project, "shell", "-c", code, stdout=subprocess.DEVNULL)
    sent = arriving.evaluate("waiting => waiting.promise")
    page.close()

    assert json.loads(shouted) == {"somebody shouted": "HELLO"}
    assert json.loads(echoed) == {"you sent": {"text": "plain", "action": "?"}}
    assert json.loads(sent) == {"type": "system", "text": "Hello"}


@pytest.mark.browser
@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
def test_the_readmes_script_needs_no_cookie_by_either_name_of_the_machine(
    site, ports, browser: Browser, name
):
    script = blocks("javascript")[0].replace("8001", str(ports[1]))
    received = "new Promise(resolve => socket.onmessage = event => resolve(event.data))"

    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{site.replace('127.0.0.1', name)}/no-such-page/")
    shouted = page.evaluate(f"{script}; {received}")
    cookies = context.cookies()
    context.close()

    assert cookies == []
    assert json.loads(shouted) == {"somebody shouted": "HELLO"}


def test_the_addresses_in_the_readme_are_those_runserver_prints(site, ports, project):
    (printed,) = blocks("text")

    said = (project / "terminal.txt").read_text()

    assert printed.replace("8001", str(ports[1])) in said


def test_the_readmes_project_passes_its_checks(project):
    checked = manage(project, "check", "--fail-level", "WARNING", capture_output=True, text=True)

    assert "no issues" in checked.stdout


def test_the_view_is_no_longer_than_it_looks():
    assert len(blocks("python")[1].splitlines()) <= 20
