"""The reference has a heading for everything there is, and for nothing else."""

import ast
import importlib
import inspect
import pkgutil
import re
from collections import Counter
from pathlib import Path

import boto3
import pytest
from django.apps import apps
from django.conf import global_settings
from django.contrib import admin
from django.db.models import Model, QuerySet
from django.views import View

import django_aws_api_gateway_websockets as package
from django_aws_api_gateway_websockets import (
    channels,
    checks,
    conf,
    mixins,
    models,
    sync,
    testing,
    views,
)
from django_aws_api_gateway_websockets.core.errors import WebSocketsError
from django_aws_api_gateway_websockets.gateway.options import OPTIONS
from django_aws_api_gateway_websockets.gateway.weather.settings import SWITCHES
from django_aws_api_gateway_websockets.management.doctor.hops import HOPS
from django_aws_api_gateway_websockets.management.doctor.report import PAGE
from django_aws_api_gateway_websockets.templatetags import websockets
from django_aws_api_gateway_websockets.testing import pytest_plugin
from django_aws_api_gateway_websockets.testing.hand_clock import Clock
from django_aws_api_gateway_websockets.testing.memory.sent import Sent
from django_aws_api_gateway_websockets.testing.memory.sockets import Socket
from django_aws_api_gateway_websockets.testing.outgoing import Outbox
from tests.docs.pages import DOCS, ROOT, documented, pages, prose, section

PACKAGE = Path(package.__path__[0])
HOOKS_WITH_UNDERSCORE = {"_additional_connection_checks", "_debug"}
STATE = {"api_gateway", "body", "debug_log", "model", "websocket_session"}
OPERATIONS = {
    f"/_gateway/{name}" for name in ("", "events", "frames", "health", "metrics", "weather")
}
RECEIVERS = {
    "close_sessions_on_logout",
    "delete_route_from_aws",
    "disconnect_sessions_of_deleted_gateway",
}


def source(name: str) -> str:
    return (PACKAGE / name).read_text()


def aws_names() -> set[str]:
    """The settings and variables the clients are made with, and the one botocore reads for them."""
    asked = r"(?:_setting|environ\.get)\(\"(AWS_[A-Z0-9_]+)\""
    read = set(re.findall(asked, source("aws/clients.py") + source("aws/endpoints.py")))
    assert "apigatewayv2" in boto3.Session().get_available_services()
    return read | {"AWS_ENDPOINT_URL_APIGATEWAYV2"}


def functions() -> list[tuple[str, str]]:
    """Every function at the top of the package, with its text."""
    return [
        (function.name, ast.unparse(function))
        for path in PACKAGE.glob("checks/*.py")
        for function in ast.parse(path.read_text()).body
        if isinstance(function, ast.FunctionDef)
    ]


def check_ids() -> list[str]:
    """Each id, once for each function that reports it."""
    return [
        number
        for _, text in functions()
        for number in sorted(set(re.findall(r"id=f'{_?APP}\.([EWI]\d{3})'", text)))
    ]


def command_names() -> set[str]:
    return {path.stem for path in (PACKAGE / "management/commands").glob("[!_]*.py")}


def error_names() -> set[str]:
    """The errors that reach users: those of the gateway's process end in it."""
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    found, waiting = set(), [WebSocketsError]
    while waiting:
        error = waiting.pop()
        waiting += error.__subclasses__()
        if error.__module__.startswith(package.__name__):
            found.add(error)
    return {
        error.__name__
        for error in found
        if not error.__name__.startswith("_") and f"{package.__name__}.gateway" not in str(error)
    }


def own_names(cls: type, django_class: type) -> set[str]:
    """The public names of a class that it, or a base of ours, defines."""
    ours = [base for base in cls.__mro__ if base.__module__.startswith(package.__name__)]
    assert django_class not in ours
    return {name for base in ours for name in vars(base) if not name.startswith("_")}


def view_names() -> set[str]:
    annotated = {"debug_log"}
    of_view = own_names(views.WebSocketView, View) | annotated | HOOKS_WITH_UNDERSCORE
    return of_view | own_names(views.WebSocketTokenView, View) | {"WebSocketTokenView"}


def model_names() -> set[str]:
    names = {model.__name__ for model in apps.get_app_config(package.__name__).get_models()}
    for name in models.__all__:
        thing = getattr(models, name)
        if inspect.isclass(thing) and issubclass(thing, Model | QuerySet):
            names |= set(members(thing))
        elif inspect.isfunction(thing) and name not in RECEIVERS:
            names.add(name)
    return names | {name for name in sync.__all__ if inspect.isfunction(getattr(sync, name))}


def channel_names() -> set[str]:
    methods = [name for name in members(channels.Channel) if name.endswith("()")]
    return {*channels.__all__, *methods}


def kit_names() -> set[str]:
    classes = (testing.WebSocketClient, testing.LiveGateway, Clock, Outbox, Sent)
    named = {name for cls in classes for name in members(cls)}
    # Those to be awaited stand in one sentence, and of a socket the rest is the kit's own.
    twins = {name for name in named if ".a" in name and name.replace(".a", ".", 1) in named}
    sick = {name for name in members(Socket) if ".make_" in name}
    of_values = {"Sent", "Socket", "Sent.frame"}
    return {*testing.__all__, *(named - twins), *sick, *of_values, *pytest_plugin.__all__}


def members(cls: type) -> list[str]:
    """The methods, with parentheses, and the properties a class itself defines."""
    found = []
    for name, member in vars(cls).items():
        django_adds = name.startswith(("_", "get_next_by", "get_previous_by", "get_access_"))
        if django_adds or name in {"clean", "get_provisioning_status_display"}:
            continue
        if isinstance(member, property):
            found.append(f"{cls.__name__}.{name}")
        elif inspect.isfunction(member) or isinstance(member, classmethod):
            found.append(f"{cls.__name__}.{name}()")
    return found


def admin_names() -> set[str]:
    return {
        type(page).__name__
        for model, page in admin.site._registry.items()
        if model._meta.app_label == package.__name__
    }


EXPECTED = {
    "settings": lambda: conf.KNOWN_KEYS | aws_names(),
    "checks": lambda: set(check_ids()),
    "commands": command_names,
    "doctor": lambda: {hop.name for hop in HOPS},
    "errors": error_names,
    "views": view_names,
    "models": model_names,
    "admin": admin_names,
    "local-gateway": lambda: set(OPTIONS),
    "gateway-operations": lambda: OPERATIONS | set(SWITCHES),
    "channels": channel_names,
    "mixins": lambda: {*mixins.__all__, *websockets.register.tags},
    "testing": kit_names,
    "sending": set,
}


@pytest.mark.parametrize("page", EXPECTED)
def test_a_page_has_a_heading_for_each_name_and_for_no_other(page):
    headings = documented(page)

    assert set(headings) == EXPECTED[page]()
    assert len(headings) == len(set(headings))


def test_every_page_of_the_reference_is_held_to_the_code():
    assert {path.stem for path in (DOCS / "reference").glob("*.md")} == {
        *EXPECTED,
        # Written from the marks of the tests, and held to them (tests/docs/test_fidelity.py).
        "fidelity",
        # The same for what the gateway is put through (tests/docs/test_experiments.py).
        "experiments",
        # Held to pyproject.toml and the matrix (tests/docs/test_compatibility.py).
        "compatibility",
        # Held to the client and to the table of exchanges (tests/docs/test_browser_client.py).
        "browser-client",
        "wire-protocol",
        # Held to the filter and to what Prometheus sees (tests/telemetry/test_pages.py).
        "telemetry",
    }


def test_ids_of_checks_belong_to_one_check_each_which_django_is_told_of():
    told = re.findall(r"register\((check_\w+)", inspect.getsource(checks.register_checks))
    made = [name for name, text in functions() if name.startswith("check_") and "kwargs" in text]

    assert set(Counter(check_ids()).values()) == {1}
    assert sorted(told) == sorted(made)


@pytest.mark.parametrize("name", [*conf.DEFAULTS, *conf.BOOLEAN_DEFAULTS])
def test_the_default_of_a_setting_is_documented(name):
    default = (conf.DEFAULTS | conf.BOOLEAN_DEFAULTS)[name]

    assert f"| `{default}` |" in section("settings", name)


def attributes_with_plain_values() -> list[str]:
    names = own_names(views.WebSocketView, View) - STATE
    plain = (bool, int, str, type(None))
    return sorted(name for name in names if isinstance(getattr(views.WebSocketView, name), plain))


@pytest.mark.parametrize("name", attributes_with_plain_values())
def test_the_default_of_a_views_attribute_is_documented(name):
    value = getattr(views.WebSocketView, name)
    in_words = {bool: f"`{value}`", str: f'`"{value}"`'}.get(type(value), str(value))

    assert f"Default: {in_words}" in section("views", name)


@pytest.mark.parametrize("name", sorted({"required_headers", "additional_required_headers"}))
def test_the_required_headers_are_documented(name):
    for header in getattr(views.WebSocketView, name):
        assert f"`{header}`" in section("views", name)


def test_settings_of_django_that_have_a_role_exist():
    rows = prose(DOCS / "reference/settings.md").rpartition("## Settings of Django")[2]
    named = re.findall(r"^\| (`[^|]+`) \|", rows, re.M)
    names = {name for cell in named for name in re.findall(r"`([A-Z_]+)`", cell)}

    assert names
    assert all(hasattr(global_settings, name) or name == "ROOT_URLCONF" for name in names)


def test_constants_of_the_models_are_documented():
    constants = {name for name in models.__all__ if name.isupper()}

    assert all(f"`{name}`" in prose(DOCS / "reference/models.md") for name in constants)


def answer_texts() -> set[str]:
    """Find the texts by which the views refuse."""
    text = "".join(path.read_text() for path in (PACKAGE / "receiving").glob("*.py"))
    return set(re.findall(r"(?:HttpResponse(?:BadRequest|Forbidden)|Refusal)\(\"([^\"]+)\"", text))


@pytest.mark.parametrize("text", sorted(answer_texts()))
def test_each_answer_is_explained(text):
    everywhere = prose(DOCS / "reference/errors.md") + prose(DOCS / "reference/views.md")

    assert f"`{text}`" in everywhere


def test_the_answers_were_found():
    assert len(answer_texts()) >= 14


@pytest.mark.parametrize("name", [hop.name for hop in HOPS])
def test_a_hop_of_the_doctor_is_explained_with_what_to_do(name):
    words = section("doctor", name)

    assert "**Looks at:**" in words
    assert "**Fix:**" in words or "| says | fix |" in words


def test_hops_stand_in_the_order_of_the_way_on_the_page_that_the_doctor_names():
    assert documented("doctor") == [hop.name for hop in HOPS]
    assert (ROOT / PAGE).is_file()


def test_each_logger_is_listed():
    text = "".join(path.read_text() for path in PACKAGE.rglob("*.py"))

    for name in set(re.findall(r"getLogger\(\"([\w.]+)\"\)", text)):
        assert f"`{name}`" in prose(DOCS / "reference/errors.md")


@pytest.mark.parametrize("number", sorted(set(check_ids())))
def test_a_check_is_explained_with_what_to_type(number):
    words = section("checks", number)

    assert all(f"**{word}" in words for word in ("What", "Why", "Type"))
    assert ("(deploy)" in words) == runs_on_deploy_only(number)


def runs_on_deploy_only(number: str) -> bool:
    told = inspect.getsource(checks.register_checks)
    reporting = [name for name, text in functions() if f".{number}'" in text]
    registered = [re.search(rf"register\({name}, .*", told) for name in reporting]
    return any(found and "deploy=True" in found[0] for found in registered)


@pytest.mark.parametrize("name", sorted(command_names() - {"runserver"}))
def test_each_option_of_a_command_is_listed_with_it(name):
    options = re.findall(r"\"(--[a-z-]+)\"", source(f"management/commands/{name}.py"))
    if "add_pk_argument" in source(f"management/commands/{name}.py"):
        options.append("--pk")

    for option in options:
        assert f"| `{option}" in section("commands", name)


def test_no_file_stands_twice_on_a_path_of_a_message():
    text = prose(DOCS / "explanation/how-a-message-travels.md")
    for path in re.split(r"^## ", text, flags=re.M)[1:3]:
        files = re.findall(r"^\d+\. `([\w/]+\.py)`", path, re.M)

        assert files
        assert len(files) == len(set(files))
    for file in re.findall(r"`([\w/]+\.py)`", text):
        assert (PACKAGE / file).is_file(), file


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_links_to_files_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#\s]+)", prose(page)):
        if not target.startswith(("http://", "https://")):
            assert (page.parent / target).exists(), target


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_a_page_names_neither_a_registry_nor_a_machine(page):
    text = page.read_text()
    hosts = r"pypi\.org|pythonhosted|npmjs|jsdelivr|unpkg|crates\.io|rubygems"

    assert not re.search(hosts, text)
    assert not re.search(r"(?<![\w.])/(?:work|home|root|tmp|Users)/", text)
