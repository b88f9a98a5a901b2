"""A command that writes a socket into an app: view, URLs, kind of channel, page and test."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from textwrap import indent
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from ...channels.registry import declared_channel
from ...receiving.routed_views import find_socket_views
from ..startwebsocket.files import SocketFile, find_in_the_way, make_files, write_files
from ..startwebsocket.names import BadNameError, SocketName
from ..startwebsocket.next_steps import find_next_steps
from ..startwebsocket.project_apps import (
    UnclearAppError,
    choose_app,
    find_project_apps,
    find_project_folder,
)


class Command(BaseCommand):
    """Five files, and what is left to do."""

    help = (
        "Writes a socket into an app: channels.py, websocket_views.py, websocket_urls.py, "
        "templates/APP/NAME.html and test_NAME.py, the files the tutorial ends with. "
        "People who are logged in meet in channels NAME-1, NAME-2, …, and see who is there. "
        "Says what is left to do. Never changes a file that is there, and writes all or nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the name, the app, and a way to look first."""
        parser.add_argument(
            "name", metavar="NAME", help="name of the socket in lower case, such as chat_room"
        )
        parser.add_argument(
            "--app",
            default="",
            metavar="LABEL",
            help="app that is to have it; not needed where the project has one app",
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="print what would be written, and write nothing"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Look at everything first, then write the files and say what comes next."""
        if not getattr(settings, "ROOT_URLCONF", None):
            raise CommandError("This project has no URLs yet: set ROOT_URLCONF, and try again.")
        try:
            name = SocketName.of(options["name"])
            app = choose_app(options["app"], find_project_apps())
        except (BadNameError, UnclearAppError) as error:
            raise CommandError(str(error)) from None
        others = [view.view_class.__name__ for view in find_socket_views()]
        api = name.view if others else ""
        files = make_files(name, folder=Path(app.path), label=app.label, api=api)
        folder = find_project_folder()
        if options["dry_run"]:
            with self._output("Nothing was written"):
                self._show(files, folder)
        _refuse_overwriting(files, folder)
        _refuse_taken(name, others)
        steps = find_next_steps(name, app, folder=folder, others=others)
        if options["dry_run"]:
            with self._output("Nothing was written"):
                self._tell_next(steps)
            return
        try:
            write_files(files)
        except OSError as error:
            raise CommandError(f"Nothing was written: {error}") from error
        with self._output(f"The files are written into {_told(Path(app.path), folder)}"):
            for file in files:
                self.stdout.write(f"Wrote {_told(file.path, folder)}")
            self._tell_next(steps)

    @contextmanager
    def _output(self, state: str) -> Iterator[None]:
        """Say in a sentence that the output cannot be printed, as on a full disk.

        Args:
            state: what has been done until then.
        """
        try:
            yield
            self.stdout.flush()
        except OSError as error:
            # Python would try once more at its end.
            with suppress(OSError), Path(os.devnull).open("w") as nowhere:
                os.dup2(nowhere.fileno(), self.stdout.fileno())
            raise CommandError(f"{state}, but the output cannot be printed: {error}") from error

    def _show(self, files: list[SocketFile], folder: Path) -> None:
        for file in files:
            self.stdout.write(self.style.MIGRATE_HEADING(f"Would write {_told(file.path, folder)}"))
            self.stdout.write(indent(file.text, "    "))

    def _tell_next(self, steps: list[str]) -> None:
        self.stdout.write(self.style.MIGRATE_HEADING("\nNext"))
        for number, step in enumerate(steps, start=1):
            self.stdout.write(f"{number}. " + indent(step, "   ").lstrip())


def _refuse_taken(name: SocketName, others: list[str]) -> None:
    channel = declared_channel(f"{name.snake}-1")
    if channel is not None:
        kind = f"{type(channel).__module__}.{type(channel).__qualname__}"
        raise CommandError(
            f"The channel {name.snake}-1 belongs to {kind} already; take another NAME."
        )
    if name.view in others:
        raise CommandError(f"The project has a {name.view} already; take another NAME.")


def _refuse_overwriting(files: list[SocketFile], folder: Path) -> None:
    if found := find_in_the_way(files):
        there = ", ".join(_told(path, folder) for path in found)
        raise CommandError(
            f"Nothing was written, because this is there already: {there}. Choose another app "
            "with --app, or move it away; --dry-run prints what to add by hand."
        )


def _told(path: Path, folder: Path) -> str:
    if not path.is_relative_to(folder):
        path = path.parent.resolve() / path.name
    return str(path.relative_to(folder) if path.is_relative_to(folder) else path)
