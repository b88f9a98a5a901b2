"""The files of a socket: what they say, which of them are in the way, and how they are written."""

import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from .names import SocketName

__all__ = ["SocketFile", "find_in_the_way", "make_files", "write_files"]

_SKELETON: Final = Path(__file__).parent / "skeleton"
_BLANK: Final = re.compile(r"\[\[(\w+)\]\]")


@dataclass(frozen=True, slots=True)
class SocketFile:
    """A file to be written."""

    path: Path
    text: str


def make_files(name: SocketName, *, folder: Path, label: str, api: str = "") -> list[SocketFile]:
    """Return the files of a socket.

    Args:
        name: of the socket.
        folder: of the app.
        label: of the app, in whose name its templates stand.
        api: API for the page to name; "" where there is no other.
    """
    places = {
        "channels.py": "channels.py",
        "websocket_views.py": "websocket_views.py",
        "websocket_urls.py": "websocket_urls.py",
        "page.html": f"templates/{label}/{name.snake}.html",
        "test.py": f"test_{name.snake}.py",
    }
    words = {
        "name": name.snake,
        "kind": name.kind,
        "label": label,
        "api": f' api="{api}"' if api else "",
    }
    return [
        SocketFile(folder / place, _fill(skeleton, words)) for skeleton, place in places.items()
    ]


def find_in_the_way(files: Iterable[SocketFile]) -> list[Path]:
    """Return what is there already: the files themselves, and packages with their names."""
    return [
        path
        for file in files
        for path in (file.path, file.path.with_suffix("") / "__init__.py")
        if path.exists() or path.is_symlink()
    ]


def write_files(files: Iterable[SocketFile]) -> None:
    """Write all files, or none: what was begun is taken back after an error and after Ctrl-C.

    Raises:
        OSError: a file cannot be written, or has appeared meanwhile.
    """
    made: list[Path] = []
    try:
        for file in files:
            for folder in reversed(file.path.parents):
                if not folder.exists():
                    folder.mkdir()
                    made.append(folder)
            with file.path.open("x", encoding="utf-8") as opened:
                made.append(file.path)
                opened.write(file.text)
    except BaseException:
        for path in reversed(made):
            with suppress(OSError):
                path.rmdir() if path.is_dir() else path.unlink()
        raise


def _fill(skeleton: str, words: Mapping[str, str]) -> str:
    text = (_SKELETON / f"{skeleton}-tpl").read_text(encoding="utf-8")
    return _BLANK.sub(lambda blank: words[blank[1]], text)
