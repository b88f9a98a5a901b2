import sys

import pytest

from django_aws_api_gateway_websockets.models import WebSocketSession
from tests.checks.reports import APP, ids, text_of


def test_a_project_with_the_defaults_is_clean():
    assert ids() == []
    assert WebSocketSession._meta.app_label == APP


@pytest.mark.parametrize("value", [[1], "text", 3])
def test_e002_the_setting_must_be_a_dictionary(settings, value):
    settings.WEBSOCKETS = value

    assert ids() == ["E002"]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("token_expiry_seconds", 0),
        ("token_expiry_seconds", True),
        ("rate_limit_max_attempts", "20"),
        ("push_changes_to_aws", 1),
        ("local_gateway", "yes"),
        ("allowed_integration_hosts", [1]),
        ("endpoint_url", "127.0.0.1:8001"),
        ("management_endpoint_url", "ws.example.com"),
        ("management_endpoint_url", "https://{domain}/{stage}"),
        ("broadcast_rate_per_second", "fast"),
        ("broadcast_budget_units", 0),
        ("broadcast_workers", "rq"),
        ("broadcast_claim_seconds", 0),
        ("broadcast_price", "1.00"),
        ("broadcast_price", {"per_million_units": "free"}),
        ("broadcast_price", {"per_million_units": "-1"}),
        ("local_gateway_address", "8001"),
        ("local_gateway_address", "127.0.0.1:70000"),
    ],
)
def test_e002_names_the_key_with_a_bad_value(settings, key, value):
    settings.WEBSOCKETS = {key: value}

    assert ids() == ["E002"]
    assert key in text_of("E002")


def test_an_endpoint_with_its_placeholders_is_fine(settings):
    url = "https://{api_id}.execute-api.vpce.example.com/{stage}"
    settings.WEBSOCKETS = {"management_endpoint_url": url}

    assert ids() == []


def test_w002_names_a_key_nothing_reads_and_never_its_value(settings):
    settings.WEBSOCKETS = {"gateway_secrets": "hidden"}

    assert ids() == ["W002"]
    assert "'gateway_secrets'" in text_of("W002")
    assert "hidden" not in text_of("W002")
    assert "Did you mean 'gateway_secret'?" in text_of("W002")


def test_w002_names_a_setting_that_is_nearly_ours(settings):
    del settings.WEBSOCKETS
    settings.WEBSOCKET = {"local_gateway": True}

    assert ids() == ["W002"]
    assert "WEBSOCKET, which nothing reads" in text_of("W002")


def test_w007_the_gateway_needs_our_runserver_to_be_found_first(settings):
    staticfiles = "django.contrib.staticfiles"
    others = [name for name in settings.INSTALLED_APPS if name != staticfiles]
    settings.INSTALLED_APPS = [staticfiles, *others]
    settings.WEBSOCKETS = {"local_gateway": True}

    assert ids() == ["W007"]
    settings.WEBSOCKETS = {}
    assert ids() == []


@pytest.fixture
def other_app(tmp_path, monkeypatch, settings):
    """An app that brings a `runserver`, above ours."""

    def install(name: str, base: str) -> None:
        commands = tmp_path / name / "management" / "commands"
        commands.mkdir(parents=True)
        for folder in (commands, commands.parent, commands.parent.parent):
            (folder / "__init__.py").touch()
        (commands / "runserver.py").write_text(f"from {base} import Command as Base\n{COMMAND}")
        settings.INSTALLED_APPS = [name, *settings.INSTALLED_APPS]

    monkeypatch.syspath_prepend(str(tmp_path))
    settings.WEBSOCKETS = {"local_gateway": True}
    return install


COMMAND = "class Command(Base):\n    pass\n"


@pytest.mark.parametrize(
    ("name", "base", "found"),
    [
        ("server_like_daphne", "django.core.management.commands.runserver", ["W007"]),
        ("server_with_more", f"{APP}.management.commands.runserver", []),
        ("server_that_is_broken", "no_such_module", ["W007"]),
    ],
)
def test_w007_names_any_app_whose_runserver_starts_no_gateway(other_app, name, base, found):
    other_app(name, base)

    assert ids() == found
    assert (f"the one of '{name}'" in text_of("W007")) == bool(found)


@pytest.mark.parametrize(
    ("workers", "modules", "package"),
    [("celery", ["celery"], "celery"), ("tasks", ["django.tasks", "django_tasks"], "django-tasks")],
)
def test_e007_a_queue_that_is_not_installed(settings, monkeypatch, workers, modules, package):
    settings.WEBSOCKETS = {"broadcast_workers": workers}
    for module in modules:
        # Python's own mark of a module that cannot be imported.
        monkeypatch.setitem(sys.modules, module, None)

    assert "E007" in ids()
    assert f"pip install {package}" in text_of("E007")


@pytest.mark.parametrize("workers", ["celery", "tasks", None, "other"])
def test_e007_is_quiet_where_the_queue_is_there(settings, workers):
    settings.WEBSOCKETS = {"broadcast_workers": workers}

    assert "E007" not in ids()


def test_w023_a_queue_that_runs_nothing(settings):
    settings.WEBSOCKETS = {"broadcast_workers": "tasks"}
    settings.TASKS = {"default": {"BACKEND": "django_tasks.backends.dummy.DummyBackend"}}
    assert "W023" in ids(deploy=True)
    assert "W023" not in ids()

    settings.TASKS = {"default": {"BACKEND": "django_tasks.backends.immediate.ImmediateBackend"}}
    assert "W023" not in ids(deploy=True)

    settings.WEBSOCKETS = {}
    settings.TASKS = {"default": {"BACKEND": "django_tasks.backends.dummy.DummyBackend"}}
    assert "W023" not in ids(deploy=True)


def test_w024_the_gateway_of_a_developers_machine_in_production(settings):
    settings.DEBUG = False
    settings.WEBSOCKETS = {"local_gateway": True}
    assert "W024" in ids(deploy=True)
    assert "W024" not in ids()

    settings.DEBUG = True
    assert "W024" not in ids(deploy=True)

    settings.DEBUG = False
    settings.WEBSOCKETS = {"endpoint_url": "http://127.0.0.1:8001"}
    assert "W024" not in ids(deploy=True)
