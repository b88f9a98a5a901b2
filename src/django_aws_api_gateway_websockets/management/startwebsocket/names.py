"""The name that a socket's files, classes and URLs are made of."""

import builtins
import keyword
import re
from dataclasses import dataclass
from typing import Final

__all__ = ["BadNameError", "SocketName"]

_FORM: Final = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_LONGEST: Final = 50

_USED_IN_THE_FILES: Final = {"Channel", "PermissionDenied", "HttpResponseBadRequest", "TestCase"}
_VIEWS_OF_THE_PACKAGE: Final = {"WebSocketView"}


class BadNameError(ValueError):
    """A name that no socket can have; the text says why, and what to type."""


@dataclass(frozen=True, slots=True)
class SocketName:
    """A name such as `chat_room`, and what is made of it."""

    snake: str
    """As in the names of files and URLs."""

    @classmethod
    def of(cls, text: str) -> "SocketName":
        """Return the name, if it can be one.

        Raises:
            BadNameError: it is no identifier in lower case, or a name that Python or the files
                themselves need.
        """
        if not _FORM.fullmatch(text) or len(text) > _LONGEST:
            raise BadNameError(_explain_form(text))
        name = cls(text)
        if keyword.iskeyword(text):
            raise BadNameError(f"{text!r} is a word of Python's own; take {text}_room, say.")
        taken = {name.kind, name.view} & (_USED_IN_THE_FILES | _VIEWS_OF_THE_PACKAGE)
        if taken or hasattr(builtins, name.kind):
            class_name = next(iter(taken), name.kind)
            raise BadNameError(
                f"{text!r} would make a class {class_name}, and there is one already; "
                f"take {text}_room, say."
            )
        return name

    @property
    def kind(self) -> str:
        """Name of the class of channels, such as `ChatRoom`."""
        return "".join(part.capitalize() for part in self.snake.split("_"))

    @property
    def view(self) -> str:
        """Name of the class of the socket's view, which is also that of its API."""
        return f"{self.kind}SocketView"


def _explain_form(text: str) -> str:
    split = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", text)
    better = re.sub(r"[^a-z0-9]+", "_", split.lower()).strip("_").lstrip("0123456789_")[:_LONGEST]
    advice = f"; take {better!r}" if _FORM.fullmatch(better) else ", such as 'chat_room'"
    return (
        f"{text!r} is no name for a socket: it takes lower-case letters, digits and single "
        f"underscores, {_LONGEST} at most, with a letter first{advice}."
    )
