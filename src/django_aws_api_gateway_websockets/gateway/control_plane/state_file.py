"""The control plane's state on disk: always a whole file, the old or the new one."""

import asyncio
import json
import os
import tempfile
from pathlib import Path
from typing import Final

from ...core.errors import WebSocketsError
from .records import Record

__all__ = ["StateFile", "StateFileError"]

VERSION: Final = 1


class StateFileError(WebSocketsError):
    """Error for a state file that cannot be read or written; it stays as it is."""


class StateFile:
    """The file that keeps the state across restarts."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = asyncio.Lock()
        self._saved = ""

    def read(self) -> Record:
        """Return the state that was saved last, or an empty record when there is no file yet.

        Raises:
            StateFileError: the file is not one that `save` wrote.
        """
        try:
            text = self._path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return Record()
        except (OSError, ValueError) as error:
            raise self.damaged(error) from error
        root = self._root_in(text)
        self._saved = text
        return root

    def last_saved(self) -> Record:
        """Return the state on the disk from memory, because the disk may be failing."""
        return self._root_in(self._saved) if self._saved else Record()

    def _root_in(self, text: str) -> Record:
        try:
            saved = json.loads(text)
            version, root = saved["version"], Record.from_json(saved["state"])
        except RecursionError as error:
            raise self.damaged(ValueError("it is nested too deeply")) from error
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise self.damaged(error) from error
        if version != VERSION:
            raise self.damaged(ValueError(f"its version is {version!r}, not {VERSION}"))
        return root

    async def save(self, root: Record) -> None:
        """Replace the file.

        Raises:
            StateFileError: the disk cannot take it; the file has what was saved before.
        """
        async with self._lock:
            # Made inside the lock, so that the later of two changes is written last.
            text = json.dumps({"version": VERSION, "state": root.to_json()}, indent=1)
            try:
                await asyncio.to_thread(_replace, self._path, text)
            except OSError as error:
                raise StateFileError(
                    f"The state could not be saved to {self._path} "
                    f"({error.strerror or type(error).__name__}), so nothing was changed: make "
                    "room or repair it, and try again."
                ) from error
            self._saved = text

    def damaged(self, error: Exception) -> StateFileError:
        """Make the error for a file with invalid content."""
        return StateFileError(
            f"The state file {self._path} cannot be read ({error or type(error).__name__}): "
            "repair it, move it away, or name another with --state."
        )


def _replace(path: Path, text: str) -> None:
    """Write another file, then rename it: every reader sees the old file or the new one."""
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    _sync_directory(path.parent)


def _sync_directory(directory: Path) -> None:
    # The rename itself has to reach the disk as well.
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
