"""The steps that are left to a person, as far as this project still needs them."""

import inspect
import re
from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path
from textwrap import indent
from typing import Any
from urllib.parse import urlsplit

from django.apps import AppConfig, apps
from django.conf import settings
from django.contrib.auth import get_user_model
from django.shortcuts import resolve_url
from django.urls import NoReverseMatch, get_script_prefix, reverse

from ...conf import uses_local_gateway
from ...receiving.called_paths import find_match
from .names import SocketName

__all__ = ["find_next_steps"]

_CODE = "    "
_TAG = re.compile(r"\{% (websocket_(?:client|url)\b[^%]*)%\}")

_LOOKS_INTO_DIRS = {
    "django.template.loaders.cached.Loader",
    "django.template.loaders.filesystem.Loader",
}
"""Loaders that know the folders in `DIRS` only; another one may know those of apps."""


def find_next_steps(
    name: SocketName, app: AppConfig, *, folder: Path, others: Sequence[str]
) -> list[str]:
    """Return the steps, each a sentence with the lines to type below it.

    Args:
        name: of the socket.
        app: that has the files.
        folder: of the project, which paths are told from.
        others: names of the socket views that the project has besides.
    """
    steps = [
        _route(app, folder),
        *_name_apis(name, folder, others),
        *_settings(app, folder),
        _create_users(name, app),
        _try(name, app),
    ]
    return [step for step in steps if step]


def _route(app: AppConfig, folder: Path) -> str:
    root = import_module(settings.ROOT_URLCONF)
    missing = [word for word in ("include", "path") if not hasattr(root, word)]
    imports = f"from django.urls import {', '.join(missing)}"
    lines = [f'path("", include("{app.name}.websocket_urls")),']
    text = f"In {_told(root, folder)}, put this first into urlpatterns:\n{_code(lines)}"
    return f"{text}\nand this above:\n{_code([imports])}" if missing else text


def _name_apis(name: SocketName, folder: Path, others: Sequence[str]) -> Iterator[str]:
    if not others:
        return
    named = f'api="{others[0]}"'
    pages = sorted(_find_pages_without_api(folder))
    yield (
        f"The project has another socket, so each page has to say which API is its own. The new "
        f"page names {name.view}, as runserver calls it; in production, give the ApiGateway this "
        "name. "
        + (
            f"These pages name none, and fail until they do: add {named} to the tag in\n"
            if pages
            else f"A page that names none fails until it does: add {named} to its tag.\n"
        )
        + _code(pages or [f"{{% websocket_client {named} %}}"])
    )


def _find_pages_without_api(folder: Path) -> Iterator[str]:
    """Yield the templates of the project that have a tag for a socket and name no API in it."""
    places = [Path(app.path) / "templates" for app in apps.get_app_configs()]
    engines: Any = settings.TEMPLATES
    places += [Path(place) for engine in engines for place in engine.get("DIRS", ())]
    own = [place.resolve() for place in places if "site-packages" not in place.parts]
    for page in (
        page for place in own if place.is_relative_to(folder) for page in place.rglob("*.html")
    ):
        tags = _TAG.findall(page.read_text(errors="replace"))
        if any(" api=" not in tag for tag in tags):
            yield str(page.relative_to(folder))


def _settings(app: AppConfig, folder: Path) -> Iterator[str]:
    module = getattr(settings, "SETTINGS_MODULE", "")
    file = _told(import_module(module), folder) if module else "your settings"
    if not _leads_somewhere(settings.LOGIN_URL):
        yield f"In {file}, {_advise_login()}"
    if settings.DEBUG and not uses_local_gateway():
        line = 'WEBSOCKETS["local_gateway"] = True'
        if not getattr(settings, "WEBSOCKETS", None):
            line = 'WEBSOCKETS = {"local_gateway": True}'
        yield f"In {file}, let runserver bring up API Gateway on this machine:\n{_code([line])}"
    if line := _find_missing_loader(Path(app.path) / "templates"):
        yield f"In {file}, let TEMPLATES find the pages that stand in apps:\n{_code([line])}"
    if not apps.is_installed("django.contrib.staticfiles"):
        yield (
            f'In {file}, put "django.contrib.staticfiles" into INSTALLED_APPS, or serve the '
            "browser client's file in your own way."
        )


def _find_missing_loader(pages: Path) -> str:
    """Return the line with which Django finds these pages; "" when it may find them already."""
    engines: Any = settings.TEMPLATES
    loaders = [engine.get("OPTIONS", {}).get("loaders") or () for engine in engines]
    for engine, own in zip(engines, loaders, strict=True):
        places = {Path(place).resolve() for place in engine.get("DIRS", ())}
        may_know = engine.get("APP_DIRS") or set(_texts_in(own)) - _LOOKS_INTO_DIRS
        if may_know or pages.resolve() in places:
            return ""
    # Django takes one of the two only.
    return (
        '"django.template.loaders.app_directories.Loader",' if any(loaders) else '"APP_DIRS": True,'
    )


def _texts_in(loaders: Any) -> Iterator[str]:
    for one in loaders:
        if isinstance(one, list | tuple):
            yield from _texts_in(one)
        else:
            yield str(one)


def _create_users(name: SocketName, app: AppConfig) -> str:
    """Say what the test has to give for users of a model that wants more than a name."""
    model = get_user_model()
    text = f"In {app.label}/test_{name.snake}.py, change the line that makes the users: "
    create = getattr(getattr(model, "objects", None), "create_user", None)
    if create is None:
        return f"{text}the manager of {model.__name__} has no create_user()."
    needed = [
        one.name
        for one in inspect.signature(create).parameters.values()
        if one.default is one.empty and one.kind not in {one.VAR_POSITIONAL, one.VAR_KEYWORD}
    ]
    if len(needed) <= 1:
        return ""
    return f"{text}create_user() of {model.__name__} needs {', '.join(needed)}."


def _advise_login() -> str:
    try:
        url = reverse("admin:login")
    except NoReverseMatch:
        line = 'path("accounts/", include("django.contrib.auth.urls")),'
        return (
            f"set LOGIN_URL to the page where people log in; {_login_url()} leads nowhere. "
            "Django has such pages, for which you write a template registration/login.html; in the "
            f"root URLs:\n{_code([line])}"
        )
    line = f'LOGIN_URL = "{url}"'
    return (
        f"say where people log in, since {_login_url()} leads nowhere; the admin's page lets "
        f"in users who are staff:\n{_code([line])}"
    )


def _login_url() -> str:
    try:
        return str(settings.LOGIN_URL) or "''"
    except NoReverseMatch:
        return "its reverse_lazy()"


def _try(name: SocketName, app: AppConfig) -> str:
    lines = [
        f"python manage.py test {app.name}",
        "python manage.py migrate",
        "python manage.py runserver",
    ]
    return (
        f"Try it:\n{_code(lines)}\n"
        f"and open http://127.0.0.1:8000/{name.snake}/7/ in two windows, one of them private, "
        "as two users."
    )


def _leads_somewhere(url: Any) -> bool:
    try:
        parts = urlsplit(resolve_url(url))
    except (NoReverseMatch, TypeError, ValueError):
        return False
    if parts.netloc:
        return True
    # The server takes its prefix away before Django looks for the rest.
    below = parts.path.removeprefix(get_script_prefix().rstrip("/"))
    return any(find_match(path) is not None for path in (parts.path, below))


def _told(module: Any, folder: Path) -> str:
    """Return the file of a module as one who sits in the project's folder calls it."""
    path = Path(module.__file__).resolve()
    return str(path.relative_to(folder) if path.is_relative_to(folder) else path)


def _code(lines: Sequence[str]) -> str:
    return indent("\n".join(lines), _CODE)
