"""The apps that belong to the project itself, and the one that is to have the socket."""

from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from django.apps import AppConfig, apps
from django.conf import settings

__all__ = ["UnclearAppError", "choose_app", "find_project_apps", "find_project_folder"]

_INSTALLED: Final = {"site-packages", "dist-packages"}
"""Folders of what was installed and not written here; an environment may lie in the project."""

_THIS_PACKAGE: Final = "django_aws_api_gateway_websockets"


class UnclearAppError(LookupError):
    """No app, or more than one, could be meant; the text says what to type."""


def find_project_folder() -> Path:
    """Return the folder of `manage.py`: `BASE_DIR`, or the one above the root URLs' package."""
    if base := getattr(settings, "BASE_DIR", None):
        return Path(base).resolve()
    package = (getattr(settings, "ROOT_URLCONF", None) or "").partition(".")[0]
    spec = find_spec(package) if package else None
    if spec is None or not spec.origin:
        return Path.cwd().resolve()
    origin = Path(spec.origin).resolve()
    return origin.parent.parent if origin.name == "__init__.py" else origin.parent


def find_project_apps() -> list[AppConfig]:
    """Return the apps that stand in the project's folder or in this one, in order of settings."""
    folders = {find_project_folder(), Path.cwd().resolve()}
    return [
        app
        for app in apps.get_app_configs()
        if app.name != _THIS_PACKAGE
        and any(_is_within(Path(app.path), folder) for folder in folders)
    ]


def choose_app(wanted: str, own: Iterable[AppConfig]) -> AppConfig:
    """Return the app that is meant.

    Args:
        wanted: label or module of an app; "" where the only one of the project is meant.
        own: apps of the project.

    Raises:
        UnclearAppError: it is not an app of the project, or none was named and there is not
            exactly one.
    """
    own = list(own)
    found = [
        one for one in own if wanted in {one.label, one.name} or (not wanted and len(own) == 1)
    ]
    if found:
        return found[0]
    labels = ", ".join(one.label for one in own)
    if any(wanted in {one.label, one.name} for one in apps.get_app_configs()):
        raise UnclearAppError(
            f"{wanted!r} does not stand in this project's folder, so nothing is written into it; "
            f"the project's own apps are {labels or 'none'}."
        )
    if not own:
        label = wanted or "chat"
        raise UnclearAppError(
            f"This project has no app of its own yet: run `manage.py startapp {label}`, put "
            f'"{label}" into INSTALLED_APPS, and try again.'
        )
    if not wanted:
        raise UnclearAppError(f"Say with --app which app is to have it; there are {labels}.")
    raise UnclearAppError(
        f"{wanted!r} is no app of this project; its apps are {labels}. A new one has to stand in "
        "INSTALLED_APPS."
    )


def _is_within(path: Path, folder: Path) -> bool:
    # An app may be a link to another place, and the way to the project may be one, too.
    places = {path.resolve(), path.parent.resolve() / path.name, path.absolute()}
    return any(place.is_relative_to(folder) for place in places) and not any(
        _INSTALLED & set(place.parts) for place in places
    )
