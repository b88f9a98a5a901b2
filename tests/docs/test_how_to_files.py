"""All that the guides tell people to type stands in files, and each file is tried by a test."""

import json
import logging.config
import re
import shlex
from io import StringIO
from pathlib import Path

import jmespath
import pytest
from botocore.validate import ParamValidator
from django.core import checks
from django.core.management import call_command, get_commands, load_command_class
from django.test import override_settings

from tests.docs.guides import APPS
from tests.docs.pages import DOCS, ROOT, captioned, included, pages
from tests.docs.shell_files import aws_calls, commands, management_commands

APP = "django_aws_api_gateway_websockets"
HOW_TO = DOCS / "how-to"
RUN_ELSEWHERE = {ROOT / "examples", ROOT / "tests/testing/recipes"}
ON_AWS = HOW_TO / "aws"
GUIDES = [
    *sorted(ON_AWS.glob("*.md")),
    *sorted(HOW_TO.glob("*.md")),
]
FILES = sorted(
    path
    for folder in (ON_AWS / "files", HOW_TO / "files")
    for path in folder.rglob("*")
    if path.is_file() and "__pycache__" not in path.parts
)
LAST_SECTION = "How to see that it works"

SHELL = [path for path in FILES if path.suffix == ".sh"]
SETTINGS = [path for path in FILES if path.name.startswith("settings_")]
JSON = [path for path in FILES if path.suffix == ".json"]
PYTHON = [path for path in FILES if path.suffix == ".py"]
TRIED_HERE = {*SHELL, *SETTINGS, *JSON}

TRIED_ELSEWHERE = {"make-secret.sh", "telemetry-packages.sh"}
"""Shell lines that are neither commands of ours nor of AWS."""

OUTSIDE_OF_AN_APP = {
    "add_route.py": ["python manage.py shell"],
    "listen.py": ["listen.py"],
    "order.js": ["in the page's script"],
}
"""The places where a block of a guide with an app is typed, if it is no file of the app."""

A_PLACE = re.compile(
    r"python manage\.py shell|in the page's script"
    r"|([\w-]+/)*[\w.]+\.(py|html|js)(, (at the end|in production|here|on Channels))?"
)

CRON_LINE = re.compile(r"(?P<when>(?:[\d*/,-]+\s+){5})cd \$SITE && \.venv/bin/python (?P<words>.+)")


def name_of(path: Path) -> str:
    return str(path.relative_to(HOW_TO))


def parsed(words: list[str]) -> object:
    """Parse the words of a command with its own parser."""
    name, *options = words
    command = load_command_class(get_commands()[name], name)
    return command.create_parser("manage.py", name, allow_abbrev=False).parse_args(options)


@pytest.mark.parametrize("page", GUIDES, ids=name_of)
def test_a_guide_has_no_code_but_that_of_files(page):
    fences = re.findall(r"^ *```(\S+)", page.read_text(), re.M)

    assert [name for name in fences if name not in {"{literalinclude}", "{toctree}", "text"}] == []
    assert {path for path in included(page) if not RUN_ELSEWHERE & {*path.parents}} <= set(FILES)


def test_each_file_is_on_a_page():
    shown = {path for page in pages() for path in included(page)}

    assert [name_of(path) for path in FILES if path not in shown] == []


@pytest.mark.parametrize("path", SETTINGS, ids=name_of)
def test_settings_for_the_readers_machine_keep_the_local_gateway(path, monkeypatch):
    monkeypatch.setenv("GATEWAY_SECRET", "not-a-secret-but-long-enough-to-be-one")
    values = {"WEBSOCKETS": {"local_gateway": True}}
    exec(path.read_text(), values)
    place = next(place for page in GUIDES for shown, place in captioned(page) if shown == path)

    if place.endswith("at the end") and path.name != "settings_tunnel.py":
        assert values["WEBSOCKETS"]["local_gateway"] is True


@pytest.mark.parametrize("guide", APPS)
def test_each_file_of_an_app_is_on_the_page_of_its_guide(guide):
    app = HOW_TO / "files" / guide
    places = dict(captioned(HOW_TO / f"{guide}.md"))
    needed = [path for path in FILES if app in path.parents and path not in SETTINGS]

    assert len(needed) >= 4
    for path in needed:
        in_app = f"chat/{path.relative_to(app)}"
        assert places[path] in {in_app, *OUTSIDE_OF_AN_APP.get(path.name, ())}, path


@pytest.mark.parametrize("page", GUIDES, ids=name_of)
def test_each_block_that_is_a_file_has_its_place_above_it(page):
    places = dict(captioned(page))
    files = [path for path in included(page) if path.suffix in {".py", ".html", ".js"}]

    assert [name_of(path) for path in files if not A_PLACE.fullmatch(places.get(path, ""))] == []
    for path in files:
        if path in SETTINGS:
            assert places[path].startswith("mysite/settings.py, "), places[path]


def test_each_file_is_tried_by_a_test():
    names = ("test_aws_*.py", "test_guide*.py", "test_local_*.py")
    paths = [path for name in names for path in (ROOT / "tests/docs").glob(name)]
    paths.append(ROOT / "tests/telemetry/test_pages.py")
    paths.append(ROOT / "tests/management/terminal/test_talk_page.py")
    tests = "".join(path.read_text() for path in paths)
    others = [path for path in FILES if path not in TRIED_HERE and not is_of_an_app(path)]

    assert [path.name for path in others if f'"{path.name}"' not in tests + own_text()] == []


def is_of_an_app(path: Path) -> bool:
    """Tell whether a file is imported or loaded in an app of a guide, which tests run."""
    app = next((folder for folder in path.parents if (folder / "tests.py").is_file()), None)
    app = app or next((folder for folder in path.parents if (folder / "urls.py").is_file()), None)
    if app is None:
        return False
    texts = [other.read_text() for other in app.rglob("*.*") if other != path and other.is_file()]
    found_by_name = path.name in {"urls.py", "tests.py", "channels.py", "apps.py"}
    named = {".py": f"{path.stem} ", ".js": path.name, ".html": f"chat/{path.name}"}
    return found_by_name or any(named.get(path.suffix, "\0") in text for text in texts)


def own_text() -> str:
    return Path(__file__).read_text()


@pytest.mark.parametrize("page", GUIDES, ids=name_of)
def test_a_guide_ends_with_how_to_see_that_it_works(page):
    headings = re.findall(r"^## (.+)$", page.read_text(), re.M)

    assert headings[-1] == LAST_SECTION


def test_the_index_gives_every_page_in_one_order():
    index = (ON_AWS / "index.md").read_text()
    listed = re.findall(r"^([a-z-]+)$", index.partition("{toctree}")[2], re.M)
    in_table = re.findall(r"^\| \d+ \| \[[^\]]+\]\(([a-z-]+)\.md\)", index, re.M)

    assert listed == in_table
    assert set(listed) == {page.stem for page in GUIDES if page.parent == ON_AWS} - {"index"}


@pytest.mark.parametrize("path", SHELL, ids=name_of)
def test_each_command_takes_its_options(path):
    for words in management_commands(path):
        parsed(words)
    for call in aws_calls(path):
        report = ParamValidator().validate(call.parameters, call.operation.input_shape)
        assert not report.has_errors(), report.generate_report()
        jmespath.compile(call.options.get("query", "@"))

    known = len(management_commands(path)) + len(aws_calls(path))
    if path.name not in TRIED_ELSEWHERE:
        assert known == len(commands(path)) > 0


@pytest.mark.parametrize("path", SETTINGS, ids=name_of)
def test_settings_pass_the_checks(path, monkeypatch):
    monkeypatch.setenv("GATEWAY_SECRET", "not-a-secret-but-long-enough-to-be-one")
    values = {"WEBSOCKETS": {}}
    exec(path.read_text(), values)
    names = {name: value for name, value in values.items() if name.isupper()}

    with override_settings(**names):
        found = checks.run_checks(include_deployment_checks=True)

    assert names != {"WEBSOCKETS": {}}
    ours = [message for message in found if str(message.id).startswith(f"{APP}.")]
    assert [message for message in ours if message.level >= checks.ERROR] == []
    assert [message for message in ours if message.id == f"{APP}.W002"] == []


def test_the_settings_for_production_say_where_static_files_are_collected(monkeypatch):
    monkeypatch.setenv("GATEWAY_SECRET", "not-a-secret-but-long-enough-to-be-one")
    deployment, said, values = HOW_TO / "files/deployment", StringIO(), {}
    exec((deployment / "settings_production.py").read_text(), values)
    collect = ["collectstatic", "--no-input"]

    with override_settings(**{name: value for name, value in values.items() if name.isupper()}):
        call_command(*collect, "--dry-run", stdout=said)

    assert collect in management_commands(deployment / "deploy.sh")
    assert f"copied to '{values['STATIC_ROOT']}'" in said.getvalue()


@pytest.mark.parametrize("path", JSON, ids=name_of)
def test_a_file_of_json_is_one(path):
    assert json.loads(path.read_text())


@pytest.mark.parametrize("path", PYTHON, ids=name_of)
def test_a_file_of_python_compiles(path):
    assert compile(path.read_text(), str(path), "exec", dont_inherit=True)


def test_the_settings_of_logs_are_accepted():
    values = {}
    exec((ON_AWS / "files" / "settings_logging.py").read_text(), values)

    logging.config.DictConfigurator(values["LOGGING"])
    assert "django_aws_api_gateway_websockets" in values["LOGGING"]["loggers"]


def test_each_line_of_cron_runs_a_command_that_is_there():
    lines = (ON_AWS / "files" / "websockets.crontab").read_text().splitlines()
    read = [CRON_LINE.fullmatch(line) for line in lines if line and line[0] in "0123456789*"]

    assert all(read)
    run = {shlex.split(found["words"])[1] for found in read}
    assert {
        "clearWebSocketSessions",
        "cleanupWebSocketTokens",
        "websocketRelay",
        "deliverWebSocketBroadcasts",
    } == run
    for found in read:
        manage, *words = shlex.split(found["words"])
        assert manage == "manage.py"
        parsed(words)


def test_the_service_runs_a_command_that_is_there():
    unit = (ON_AWS / "files" / "websocket-relay.service").read_text()
    program, manage, *words = re.search(r"^ExecStart=(.+)$", unit, re.M)[1].split()

    assert program.endswith("/python")
    assert manage == "manage.py"
    assert parsed(words)
