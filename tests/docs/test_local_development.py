"""The files of the guides to local development, other devices and clean-up run."""

import os
import re
import shlex
import signal
import subprocess
import sys
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import pytest
import yaml
from django.core.management import call_command, get_commands, load_command_class

from django_aws_api_gateway_websockets.management.doctor.hops import HOPS
from django_aws_api_gateway_websockets.models import ApiGateway, WebSocketSession
from tests import events
from tests.docs.nginx_process import free_port, listens
from tests.docs.pages import DOCS
from tests.docs.test_how_to_files import CRON_LINE, parsed
from tests.python_process import SOURCE
from tests.waiting import SECONDS, eventually

FILES = DOCS / "how-to" / "files"
HERE = FILES / "local-development"
WEBSOCKETS = 'WEBSOCKETS = {"local_gateway": True}\n'
"""The line in the settings of the tutorial's first page."""


def run(path: Path) -> tuple[dict, str]:
    """Run a file of Python as `manage.py shell` would; what it defines, and what it prints."""
    values, printed = {"WEBSOCKETS": {"local_gateway": True}}, StringIO()
    with redirect_stdout(printed):
        exec(compile(path.read_text(), path.name, "exec"), values)
    return values, printed.getvalue()


def instructions() -> dict[str, str]:
    """Read the last of each kind of instruction in the Dockerfile."""
    lines = (HERE / "Dockerfile").read_text().splitlines()
    return dict(line.split(" ", 1) for line in lines)


def test_the_file_of_compose_publishes_what_the_container_serves():
    compose = yaml.safe_load((HERE / "compose.yaml").read_text())
    site = compose["services"]["site"]
    values, _ = run_in_container()

    assert set(compose) == {"services"}
    assert site["build"] == "."
    served = {values["WEBSOCKETS"]["local_gateway_address"].rpartition(":")[2], served_port()}
    assert {port.partition(":")[2] for port in site["ports"]} == served
    assert [volume.partition(":")[2] for volume in site["volumes"]] == [instructions()["WORKDIR"]]
    assert set(site["environment"]) == {"IN_CONTAINER"}


def run_in_container() -> tuple[dict, str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IN_CONTAINER", "yes")
        return run(HERE / "settings_container.py")


def served_port() -> str:
    return yaml.safe_load(instructions()["CMD"])[-1].rpartition(":")[2]


def test_outside_of_a_container_nothing_is_open(monkeypatch):
    monkeypatch.delenv("IN_CONTAINER", raising=False)
    values, _ = run(HERE / "settings_container.py")

    assert values["WEBSOCKETS"] == {"local_gateway": True}


@pytest.mark.parametrize(
    "settings", ["local-development/settings_container.py", "other-devices/settings_devices.py"]
)
@pytest.mark.slow
def test_the_command_of_the_container_serves_other_machines(tmp_path, settings):
    python, manage, *words = yaml.safe_load(instructions()["CMD"])
    environment = {name: value for name, value in os.environ.items() if "DJANGO" not in name}
    environment |= {"PYTHONPATH": str(SOURCE), "IN_CONTAINER": "yes"}
    port, gateway_port = free_port(), free_port()
    command = [sys.executable, "-m", "django", "startproject", "mysite", "."]
    subprocess.run(command, cwd=tmp_path, env=environment, check=True, timeout=SECONDS)
    text = (FILES / settings).read_text().replace("8001", str(gateway_port))
    with (tmp_path / "mysite/settings.py").open("a") as file:
        file.write(f'\nINSTALLED_APPS.insert(0, "{APP}")\n{WEBSOCKETS}{text}')
    (tmp_path / "mysite/urls.py").write_text(URLS)
    migrate = [sys.executable, manage, "migrate", "--verbosity=0"]
    subprocess.run(migrate, cwd=tmp_path, env=environment, check=True, timeout=SECONDS)

    with (tmp_path / "terminal.txt").open("w") as terminal:
        process = subprocess.Popen(
            [sys.executable, manage, *[word.replace("8000", str(port)) for word in words]],
            cwd=tmp_path,
            env=environment,
            stdout=terminal,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            # An address of this machine that a socket bound to 127.0.0.1 does not have.
            both = eventually(
                lambda: listens(port, "127.0.0.2") and listens(gateway_port, "127.0.0.2")
            )
        finally:
            os.killpg(process.pid, signal.SIGINT)
            process.wait(SECONDS)

    assert python == "python"
    assert both, (tmp_path / "terminal.txt").read_text()


APP = "django_aws_api_gateway_websockets"
URLS = f"""
from django.urls import path
from {APP}.views import WebSocketView
urlpatterns = [path("ws/<slug:route>", WebSocketView.as_view())]
"""


@pytest.mark.django_db(transaction=True)
@pytest.mark.any_database
def test_the_record_of_a_tunnel_is_made_once_and_follows_its_address(local_gateway):
    _, first = run(HERE / "tunnel_record.py")
    ApiGateway.objects.update(target_base_endpoint="https://old.example.com/ws/")
    _, again = run(HERE / "tunnel_record.py")

    gateway = ApiGateway.objects.get()
    assert first == again == f"{gateway.websocket_url()}\n"
    assert gateway.target_base_endpoint == "https://ada.dev.example.com/ws/"


@pytest.mark.parametrize(("debug", "status"), [(True, 200), (False, 400)])
@pytest.mark.any_database
@pytest.mark.django_db
def test_the_view_behind_a_tunnel_needs_no_header_of_nginx(
    api_gateway, rf, settings, debug, status
):
    settings.DEBUG = debug
    values, _ = run(HERE / "tunnel_view.py")
    headers = events.without(events.COMMON_HEADERS, "X-Real-Ip") | events.HANDSHAKE_HEADERS
    request = rf.post("/ws/connect", b"", "application/json", headers=headers, secure=True)

    response = values["ChatSocketView"].as_view(USE_WS_TOKEN=False)(request, route="connect")

    assert response.status_code == status


@pytest.mark.any_database
def test_the_view_with_a_log_of_its_own_sends_it(websocket_client, admin_user, capsys):
    values, _ = run(HERE / "debug_view.py")
    client = websocket_client(values["ChattySocketView"], user=admin_user)

    client.send({"action": "anything"})

    (received,) = client.received
    assert "Setup completed" in received["log"]
    assert "anything" in capsys.readouterr().out


@pytest.mark.any_database
@pytest.mark.django_db
def test_after_the_jobs_nothing_old_is_left(api_gateway, session):
    WebSocketSession.objects.update(created_on="2001-01-01T00:00:00Z")
    _, before = run(FILES / "clean-up" / "count.py")

    lines = (FILES / "clean-up" / "clean-up.crontab").read_text().splitlines()
    for line in lines:
        _, *words = shlex.split(CRON_LINE.fullmatch(line)["words"])
        assert parsed(words)
        call_command(*words, verbosity=0)
    _, after = run(FILES / "clean-up" / "count.py")

    assert re.findall(r"\d+", before) == ["1", "0", "0"]
    assert re.findall(r"\d+", after) == ["0", "0", "0"]


@pytest.mark.any_database
@pytest.mark.django_db
def test_the_task_for_celery_does_both_jobs(api_gateway, session):
    WebSocketSession.objects.update(created_on="2001-01-01T00:00:00Z")
    values, _ = run(FILES / "clean-up" / "clean_up_task.py")

    values["clean_up_websockets"].run()

    assert not WebSocketSession.objects.exists()


def test_the_output_of_the_doctor_has_the_form_it_prints():
    command = load_command_class(get_commands()["doctor"], "doctor")
    lines = (FILES / "find-what-is-wrong" / "doctor.txt").read_text().splitlines()
    words = shlex.split(lines[0])[3:]
    named = re.findall(r"^[✓!✗-] (\S+)", "\n".join(lines), re.M)
    pages = re.findall(r"Page: docs/reference/doctor\.md#(\S+)", "\n".join(lines))
    order = [hop.name for hop in HOPS]

    assert command.create_parser("manage.py", "doctor").parse_args(words).user == "ada"
    assert named == sorted(named, key=order.index)
    assert set(pages) < set(named)
    remaining = len(order) - 1 - order.index(named[-1])
    assert lines[-1] == f"Shop: stopped at {named[-1]}; {remaining} hops behind it not looked at."
