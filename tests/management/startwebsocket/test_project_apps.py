import sys
from pathlib import Path

import pytest
from django.apps import AppConfig, apps

from django_aws_api_gateway_websockets.management.startwebsocket.project_apps import (
    UnclearAppError,
    choose_app,
    find_project_apps,
    find_project_folder,
)
from tests.docs.pages import ROOT


@pytest.fixture
def make_app(tmp_path, monkeypatch):
    """Make an app in a folder below the test's, without installing it."""
    monkeypatch.syspath_prepend(tmp_path)

    def make(name: str) -> AppConfig:
        folder = tmp_path.joinpath(*name.split("."))
        folder.mkdir(parents=True)
        (folder / "__init__.py").touch()
        return AppConfig.create(name)

    yield make
    for name in [name for name in sys.modules if name.endswith("_of_a_test")]:
        del sys.modules[name]


def test_the_only_app_of_the_project_is_meant_where_none_is_named(make_app):
    blog = make_app("blog_of_a_test")

    assert choose_app("", [blog]) is blog


def test_an_app_is_named_by_its_label_or_its_module(make_app):
    own = [make_app("blog_of_a_test"), make_app("shop_of_a_test.chat_of_a_test")]

    assert choose_app("chat_of_a_test", own) is own[1]
    assert choose_app("shop_of_a_test.chat_of_a_test", own) is own[1]


@pytest.mark.parametrize(
    ("wanted", "text"),
    [
        ("", "Say with --app which app is to have it; there are one_of_a_test, two_of_a_test."),
        ("blogg", "'blogg' is no app of this project; its apps are one_of_a_test, two_of_a_test."),
        ("auth", "'auth' does not stand in this project's folder"),
    ],
)
def test_an_app_that_is_not_clear_is_refused_with_the_apps_there_are(make_app, wanted, text):
    own = [make_app("one_of_a_test"), make_app("two_of_a_test")]

    with pytest.raises(UnclearAppError) as refused:
        choose_app(wanted, own)

    assert str(refused.value).startswith(text)


@pytest.mark.parametrize(("wanted", "label"), [("", "chat"), ("blog", "blog")])
def test_a_project_without_apps_is_told_how_to_make_one(wanted, label):
    with pytest.raises(UnclearAppError, match=f"run `manage.py startapp {label}`"):
        choose_app(wanted, [])


def test_an_installed_app_is_refused_in_a_project_without_apps_too():
    with pytest.raises(UnclearAppError, match="the project's own apps are none"):
        choose_app("auth", [])


def test_apps_below_the_folder_one_works_in_count_as_well(
    settings, make_app, tmp_path, monkeypatch
):
    settings.BASE_DIR = tmp_path / "config"
    make_app("own_of_a_test")
    settings.INSTALLED_APPS = [*settings.INSTALLED_APPS, "own_of_a_test"]
    assert find_project_apps() == []

    monkeypatch.chdir(tmp_path)

    assert [app.label for app in find_project_apps()] == ["own_of_a_test"]


def test_this_package_is_no_app_of_a_project_though_it_stands_below_its_folder(settings):
    settings.BASE_DIR = ROOT

    assert "django_aws_api_gateway_websockets" not in {app.label for app in find_project_apps()}


def test_apps_of_the_project_stand_in_its_folder_and_not_among_what_is_installed(
    settings, monkeypatch, make_app, tmp_path
):
    settings.BASE_DIR = tmp_path
    installed = tmp_path / ".venv/lib/site-packages"
    (installed / "other_of_a_test").mkdir(parents=True)
    (installed / "other_of_a_test/__init__.py").touch()
    monkeypatch.syspath_prepend(installed)
    make_app("own_of_a_test")
    settings.INSTALLED_APPS = [*settings.INSTALLED_APPS, "other_of_a_test", "own_of_a_test"]

    assert [app.label for app in find_project_apps()] == ["own_of_a_test"]


def test_an_app_that_is_a_link_to_another_place_is_one_of_the_project(
    settings, monkeypatch, tmp_path
):
    elsewhere, project = tmp_path / "shared", tmp_path / "project"
    elsewhere.mkdir()
    project.mkdir()
    (elsewhere / "__init__.py").touch()
    (project / "linked_of_a_test").symlink_to(elsewhere)
    monkeypatch.syspath_prepend(project)
    settings.BASE_DIR = project
    settings.INSTALLED_APPS = [*settings.INSTALLED_APPS, "linked_of_a_test"]
    try:
        assert [app.label for app in find_project_apps()] == ["linked_of_a_test"]
    finally:
        del sys.modules["linked_of_a_test"]


def test_an_installed_app_is_none_of_the_project_wherever_one_works(settings, monkeypatch):
    settings.BASE_DIR = None
    monkeypatch.chdir(Path(apps.get_app_config("sessions").path).parent)

    assert find_project_apps() == []


def test_the_folder_of_the_project_is_base_dir_or_that_above_the_root_urls(settings, tmp_path):
    settings.BASE_DIR = tmp_path
    assert find_project_folder() == tmp_path.resolve()

    settings.BASE_DIR = None
    settings.ROOT_URLCONF = "django_aws_api_gateway_websockets.views"
    assert find_project_folder() == ROOT / "src"


def test_a_project_with_a_module_of_urls_or_with_none_has_a_folder_too(
    settings, tmp_path, monkeypatch
):
    settings.BASE_DIR = None
    (tmp_path / "urls_of_a_test.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    settings.ROOT_URLCONF = "urls_of_a_test"
    assert find_project_folder() == tmp_path.resolve()

    settings.ROOT_URLCONF = None
    assert find_project_folder() == Path.cwd().resolve()
