"""A signing key of this machine's own: the demo needs no set-up and no key is ever committed."""

import contextlib
import os
import secrets
import tempfile
from pathlib import Path


def load_secret_key(folder: Path) -> str:
    """Return the key kept in `folder`, made on first use and readable by its owner only.

    Two processes may start at once (runserver and its reloader do), so the key is written aside
    and linked into place: whoever comes second reads the first one's, never half a file.
    """
    path = folder / "secret-key"
    if not path.exists():
        descriptor, draft = tempfile.mkstemp(dir=folder)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(50))
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
        Path(draft).unlink()
    return path.read_text(encoding="ascii")
