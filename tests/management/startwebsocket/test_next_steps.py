import sys
from pathlib import Path
from types import ModuleType

import pytest
from django.apps import apps
from django.conf.urls.i18n import i18n_patterns
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.contrib.auth.models import UserManager
from django.urls import clear_url_caches, path, reverse_lazy, set_script_prefix

from django_aws_api_gateway_websockets.management.startwebsocket.names import SocketName
from django_aws_api_gateway_websockets.management.startwebsocket.next_steps import find_next_steps

ROOM = SocketName.of("room")


@pytest.fixture
def root_urls(settings, tmp_path, monkeypatch):
    """Root URLs of a project that has nothing yet, in `mysite/urls.py`."""
    urls = ModuleType("urls_of_a_test")
    urls.__file__ = str(tmp_path / "mysite/urls.py")
    urls.urlpatterns = []
    monkeypatch.setitem(sys.modules, "urls_of_a_test", urls)
    settings.ROOT_URLCONF = "urls_of_a_test"
    clear_url_caches()
    yield urls
    clear_url_caches()


def steps(folder: Path, *others: str) -> list[str]:
    return find_next_steps(ROOM, apps.get_app_config("sessions"), folder=folder, others=others)


def test_the_line_for_the_urls_comes_first_and_the_trial_last(root_urls, tmp_path):
    found = steps(tmp_path)

    assert found[0] == (
        "In mysite/urls.py, put this first into urlpatterns:\n"
        '    path("", include("django.contrib.sessions.websocket_urls")),\n'
        "and this above:\n"
        "    from django.urls import include, path"
    )
    assert "python manage.py test django.contrib.sessions\n" in found[-1]
    assert "http://127.0.0.1:8000/room/7/" in found[-1]


def test_only_the_import_that_is_missing_is_named(root_urls, tmp_path):
    root_urls.path = path
    assert steps(tmp_path)[0].endswith("from django.urls import include")

    root_urls.include = path
    assert "import" not in steps(tmp_path)[0]


@pytest.mark.parametrize("url", ["/login/", "login", "https://sso.example.com/login"])
def test_a_log_in_that_is_there_needs_no_step(root_urls, settings, tmp_path, url):
    root_urls.urlpatterns.append(path("login/", admin.site.login, name="login"))
    settings.LOGIN_URL = url

    assert "LOGIN_URL" not in "".join(steps(tmp_path))


@pytest.mark.parametrize("url", ["/accounts/login/", "no_such_name"])
def test_a_log_in_that_leads_nowhere_is_that_of_the_admin_if_there_is_one(
    root_urls, settings, tmp_path, url
):
    root_urls.urlpatterns.append(path("back-office/", admin.site.urls))
    settings.LOGIN_URL = url

    (step,) = [one for one in steps(tmp_path) if "LOGIN_URL" in one]

    assert step.startswith(f"In your settings, say where people log in, since {url}")
    assert step.endswith('\n    LOGIN_URL = "/back-office/login/"')


@pytest.mark.parametrize(
    ("url", "told"),
    [
        (reverse_lazy("no_such_name"), "its reverse_lazy()"),
        (None, "None"),
        ("", "''"),
        (7, "7"),
        ("http://[bad", "http://[bad"),
    ],
)
@pytest.mark.parametrize("has_admin", [True, False])
def test_a_log_in_that_is_no_address_is_told_of_too(
    root_urls, settings, tmp_path, url, told, has_admin
):
    if has_admin:
        root_urls.urlpatterns.append(path("back-office/", admin.site.urls))
    settings.LOGIN_URL = url

    (step,) = [one for one in steps(tmp_path) if "LOGIN_URL" in one]

    assert f"{told} leads nowhere" in step


@pytest.mark.parametrize("url", ["login", "/app/login/", reverse_lazy("login")])
def test_a_log_in_below_the_prefix_of_the_server_is_there(root_urls, settings, tmp_path, url):
    root_urls.urlpatterns.append(path("login/", admin.site.login, name="login"))
    settings.LOGIN_URL = url
    set_script_prefix("/app/")
    try:
        assert "LOGIN_URL" not in "".join(steps(tmp_path))
    finally:
        set_script_prefix("/")


def test_a_log_in_in_another_language_is_there(root_urls, settings, tmp_path):
    settings.LANGUAGE_CODE = "de"
    settings.MIDDLEWARE = ["django.middleware.locale.LocaleMiddleware"]
    root_urls.urlpatterns += i18n_patterns(path("acc/in/", admin.site.login))
    settings.LOGIN_URL = "/en/acc/in/"

    assert "LOGIN_URL" not in "".join(steps(tmp_path))


class MailManager(UserManager):
    def create_user(self, email, password, *, born, nick="", **extra):
        raise NotImplementedError


@pytest.mark.parametrize(
    ("manager", "said"),
    [
        (MailManager(), "create_user() of User needs email, password, born."),
        (None, "the manager of User has no create_user()."),
    ],
)
def test_users_that_need_more_than_a_name_are_a_step(
    root_urls, tmp_path, monkeypatch, manager, said
):
    assert "makes the users" not in "".join(steps(tmp_path))
    monkeypatch.setattr(get_user_model(), "objects", manager)

    (step,) = [one for one in steps(tmp_path) if "makes the users" in one]

    assert step == f"In sessions/test_room.py, change the line that makes the users: {said}"


FILES_ALONE = ["django.template.loaders.filesystem.Loader"]
CACHED = [("django.template.loaders.cached.Loader", FILES_ALONE)]
OF_APPS = [*FILES_ALONE, "django.template.loaders.app_directories.Loader"]


@pytest.mark.parametrize(
    ("engine", "line"),
    [
        ({}, '"APP_DIRS": True,'),
        ({"OPTIONS": {"loaders": FILES_ALONE}}, '"django.template.loaders.app_directories.Loader"'),
        ({"OPTIONS": {"loaders": CACHED}}, '"django.template.loaders.app_directories.Loader",'),
        ({"OPTIONS": {"loaders": OF_APPS}}, ""),
        ({"APP_DIRS": True}, ""),
        ({"DIRS": [Path(apps.get_app_config("sessions").path) / "templates"]}, ""),
    ],
)
def test_pages_of_apps_are_a_step_if_they_are_not_found(
    root_urls, settings, tmp_path, engine, line
):
    backend = "django.template.backends.django.DjangoTemplates"
    settings.TEMPLATES = [{"BACKEND": backend, **engine}]

    found = [one for one in steps(tmp_path) if "the pages that stand in apps" in one]

    assert bool(found) is bool(line)
    assert line in "".join(found)


def test_without_an_admin_djangos_own_pages_are_named(root_urls, settings, tmp_path):
    settings.LOGIN_URL = "/accounts/login/"

    (step,) = [one for one in steps(tmp_path) if "LOGIN_URL" in one]

    assert 'include("django.contrib.auth.urls")' in step
    assert "registration/login.html" in step


@pytest.mark.parametrize(
    ("debug", "websockets", "line"),
    [
        (True, {}, 'WEBSOCKETS = {"local_gateway": True}'),
        (True, {"count_messages": False}, 'WEBSOCKETS["local_gateway"] = True'),
        (True, {"local_gateway": True}, ""),
        (False, {}, ""),
    ],
)
def test_the_local_gateway_is_a_step_where_it_is_off_in_development(
    root_urls, settings, tmp_path, debug, websockets, line
):
    settings.DEBUG, settings.WEBSOCKETS = debug, websockets

    lines = "\n".join(steps(tmp_path)).splitlines()

    assert [one.strip() for one in lines if "local_gateway" in one] == ([line] if line else [])


def test_static_files_are_a_step_if_nobody_serves_them(root_urls, settings, tmp_path):
    assert "staticfiles" not in "".join(steps(tmp_path))

    settings.INSTALLED_APPS = [one for one in settings.INSTALLED_APPS if "staticfiles" not in one]

    assert '"django.contrib.staticfiles" into INSTALLED_APPS' in "".join(steps(tmp_path))


def test_beside_other_sockets_pages_name_their_apis(root_urls, tmp_path):
    (step,) = [one for one in steps(tmp_path, "EchoView") if "another socket" in one]

    assert "The new page names RoomSocketView" in step
    assert step.endswith('{% websocket_client api="EchoView" %}')
    assert "another socket" not in "".join(steps(tmp_path))


def test_the_pages_that_name_no_api_yet_are_listed(root_urls, settings, tmp_path):
    folder = tmp_path / "pages/chat"
    folder.mkdir(parents=True)
    settings.TEMPLATES = [settings.TEMPLATES[0] | {"DIRS": [tmp_path / "pages"]}]
    for name, tag in {
        "echo": "{% websocket_client %}",
        "url": '{% websocket_url channel="lobby" %}',
        "right": '{% websocket_client channels=room api="EchoView" %}',
        "other": "{% load websockets %}",
    }.items():
        (folder / f"{name}.html").write_text(tag)

    (step,) = [one for one in steps(tmp_path, "EchoView") if "another socket" in one]

    assert step.endswith(
        'add api="EchoView" to the tag in\n    pages/chat/echo.html\n    pages/chat/url.html'
    )
