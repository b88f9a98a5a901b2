"""The pages on telemetry are true, tried with the packages they name."""

import json
import logging.config
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from django_aws_api_gateway_websockets.telemetry.logs import AddEvent
from tests import events
from tests.docs.pages import DOCS, ROOT, prose

FILES = DOCS / "how-to/files"
REFERENCE = prose(DOCS / "reference/telemetry.md")

MEASURED = """
from django.conf import settings
settings.configure(ALLOWED_HOSTS=["testserver"], ROOT_URLCONF="__main__")
import django
django.setup()
import telemetry
from metrics_view import show_metrics
from django.urls import path
from django.test import Client
from django_aws_api_gateway_websockets.telemetry.current_event import CurrentEvent
from django_aws_api_gateway_websockets.telemetry.observed_events import observed_event
from django_aws_api_gateway_websockets.telemetry.observed_sends import observed_send
urlpatterns = [path("metrics/", show_metrics)]
with observed_event(CurrentEvent(kind="message", handler="order")) as seen:
    seen.status = 200
with observed_send("many") as send:
    send.counts.update({"sent": 3, "too large": 1})
print(Client().get("/metrics/").content.decode())
"""

GAUGED = """
from django.conf import settings
import telemetry
apps = ["contenttypes", "auth", "sessions"]
settings.configure(
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    INSTALLED_APPS=[
        *(f"django.contrib.{name}" for name in apps),
        "django_aws_api_gateway_websockets",
        "chat",
    ],
)
import django
django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
from metrics_view import generate_latest
print(generate_latest().decode())
"""


@pytest.fixture(scope="module")
def exposition() -> str:
    """Return the metrics of a process with "telemetry.py" and "metrics_view.py" of the page."""
    run = subprocess.run(
        [sys.executable, "-c", MEASURED],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"PYTHONPATH": f"{FILES}:{ROOT / 'src'}"},
    )
    return run.stdout


def test_prometheus_sees_the_names_of_the_table(exposition):
    documented = set(re.findall(r"^\| `websocket\.[^|]+\| `(\w+)` \|", REFERENCE, re.M))
    seen = set(re.findall(r"^# TYPE (websocket_\w+) ", exposition, re.M))

    assert seen == documented
    too_large = r'^websocket_posts_total\{.*outcome="too large",.*way="many"\} 1\.0$'
    handled = r'^websocket_events_total\{event="message",handler="order",.*\} 1\.0$'
    assert re.search(too_large, exposition, re.M)
    assert re.search(handled, exposition, re.M)


def test_the_buckets_are_seconds_up_to_where_api_gateway_gives_up(exposition):
    bucket = r'^websocket_event_duration_seconds_bucket\{.*le="([^"]+)"'
    bounds = re.findall(bucket, exposition, re.M)

    assert (bounds[0], bounds[-2:]) == ("0.005", ["29.0", "+Inf"])


def test_the_names_in_the_guide_are_those_prometheus_sees(exposition):
    guide = prose(DOCS / "how-to/observability.md")

    for name in re.findall(r"`(websocket_[a-z_]+(?:total|seconds))[`{]", guide):
        assert f"# TYPE {name} " in exposition


def test_the_attributes_of_the_table_are_those_of_the_filter():
    record = logging.makeLogRecord({})
    before = set(vars(record))
    AddEvent().filter(record)

    table = REFERENCE.partition("## Attributes of log lines")[2].partition("The line of")[0]
    assert set(re.findall(r"^\| `(\w+)` \|", table, re.M)) == set(vars(record)) - before


@pytest.fixture
def configured(tmp_path):
    """Apply the settings of a file; what is logged goes to where standard error would."""
    stream = (tmp_path / "log").open("w+")

    def configure(name: str):
        values: dict = {}
        exec((FILES / name).read_text(), values)
        config = values["LOGGING"]
        config["handlers"]["console"]["stream"] = stream
        logging.config.dictConfig(config)
        return stream

    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield configure
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.getLogger("django_aws_api_gateway_websockets.telemetry").setLevel(logging.NOTSET)
    stream.close()


def lines_of(stream) -> list[str]:
    stream.seek(0)
    return stream.read().splitlines()


def without_times(lines: list[str]) -> str:
    return re.sub(r"[\d.]+ ms", "some ms", "\n".join(lines))


@pytest.mark.any_database
@pytest.mark.django_db
def test_the_plain_log_of_the_page_is_as_printed(client, shop, session, configured):
    stream = configured("settings_plain_log.py")
    printed = (DOCS / "how-to/observability.md").read_text()

    events.message(client, {"action": "order"}, X_Ws_Request_Id="fYp0HGaEDoEFbqQ=")

    lines = [line for line in lines_of(stream) if "[fYp0HGaEDoEFbqQ=]" in line]
    assert len(lines) == 3
    assert f"```text\n{without_times(lines)}\n```" in without_times([printed])


@pytest.mark.any_database
@pytest.mark.django_db
def test_the_json_log_of_the_page_has_every_attribute(client, shop, session, configured):
    stream = configured("settings_json_log.py")

    events.message(client, {"action": "order"}, X_Ws_Request_Id="fYp0HGaEDoEFbqQ=")

    lines = [json.loads(line) for line in lines_of(stream)]
    ours = [line for line in lines if line["websocket_request"] == "fYp0HGaEDoEFbqQ="]
    assert [line["name"].rpartition(".")[2] for line in ours] == [
        "sockets",
        "telemetry",
        "telemetry",
    ]
    assert {line["websocket_handler"] for line in ours} == {"order"}


@pytest.mark.any_database
@pytest.mark.django_db
def test_the_gauge_of_the_page_gives_the_number_of_open_sockets(session):
    values: dict = {}
    exec((FILES / "live_sockets.py").read_text(), values)

    assert [one.value for one in values["count_live_sockets"](None)] == [1]


@pytest.fixture
def app_with_gauge(tmp_path) -> Path:
    """Make the app `chat` with the two files of the gauge."""
    app = tmp_path / "chat"
    app.mkdir()
    (app / "__init__.py").touch()
    shutil.copy(FILES / "apps_with_gauge.py", app / "apps.py")
    shutil.copy(FILES / "live_sockets.py", app / "live_sockets.py")
    return tmp_path


def run_with(app: Path, code: str) -> subprocess.CompletedProcess:
    paths = os.pathsep.join(map(str, [app, FILES, ROOT / "src"]))
    return subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONPATH": paths},
    )


def test_the_gauge_is_there_when_the_apps_are_ready(app_with_gauge):
    ended = run_with(app_with_gauge, GAUGED)

    assert ended.returncode == 0, ended.stderr
    assert re.search(r"^websocket_connections(\{.*\})? 0\.0$", ended.stdout, re.M), ended.stdout


def test_the_gauge_cannot_be_imported_where_settings_are(app_with_gauge):
    ended = run_with(app_with_gauge, GAUGED.replace("import telemetry", "import chat.live_sockets"))

    assert "AppRegistryNotReady" in ended.stderr
    assert "AppRegistryNotReady" in (DOCS / "how-to/observability.md").read_text()


def test_the_packages_of_the_page_include_the_extra():
    words = (FILES / "telemetry-packages.sh").read_text().split()

    assert words[:2] == ["pip", "install"]
    assert "[opentelemetry]" in words[2]
    assert set(words[3:]) == {"opentelemetry-sdk", "opentelemetry-exporter-prometheus"}
