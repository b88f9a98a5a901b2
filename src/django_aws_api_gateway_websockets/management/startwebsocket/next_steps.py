"""The steps that are left to a person, as far as this project still needs them."""

import re
from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path
from textwrap import indent
from typing import Any
from urllib.parse import urlsplit

from django.apps import AppConfig, apps
from django.conf import settings
from django.shortcuts import resolve_url
from django.urls import NoReverseMatch, Resolver404, resolve, reverse

from ...conf import uses_local_gateway
from .names import SocketName

__all__ = ["find_next_steps"]

_CODE = "    "
_TAG = re.compile(r"\{% (websocket_(?:client|url)\b[^%]*)%\}")


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
        *_settings(folder),
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


def _settings(folder: Path) -> Iterator[str]:
    module = getattr(settings, "SETTINGS_MODULE", "")
    file = _told(import_module(module), folder) if module else "your settings"
    if not _leads_somewhere(settings.LOGIN_URL):
        yield f"In {file}, {_advise_login()}"
    if settings.DEBUG and not uses_local_gateway():
        line = 'WEBSOCKETS["local_gateway"] = True'
        if not getattr(settings, "WEBSOCKETS", None):
            line = 'WEBSOCKETS = {"local_gateway": True}'
        yield f"In {file}, let runserver bring up API Gateway on this machine:\n{_code([line])}"
    if not apps.is_installed("django.contrib.staticfiles"):
        yield (
            f'In {file}, put "django.contrib.staticfiles" into INSTALLED_APPS, or serve the '
            "browser client's file in your own way."
        )


def _advise_login() -> str:
    try:
        url = reverse("admin:login")
    except NoReverseMatch:
        line = 'path("accounts/", include("django.contrib.auth.urls")),'
        return (
            f"set LOGIN_URL to the page where people log in; {settings.LOGIN_URL} leads nowhere. "
            "Django has such pages, for which you write a template registration/login.html; in the "
            f"root URLs:\n{_code([line])}"
        )
    line = f'LOGIN_URL = "{url}"'
    return (
        f"say where people log in, since {settings.LOGIN_URL} leads nowhere; the admin's page lets "
        f"in users who are staff:\n{_code([line])}"
    )


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
        return bool(parts.netloc) or bool(resolve(parts.path))
    except (NoReverseMatch, Resolver404):
        return False


def _told(module: Any, folder: Path) -> str:
    """Return the file of a module as one who sits in the project's folder calls it."""
    path = Path(module.__file__).resolve()
    return str(path.relative_to(folder) if path.is_relative_to(folder) else path)


def _code(lines: Sequence[str]) -> str:
    return indent("\n".join(lines), _CODE)
