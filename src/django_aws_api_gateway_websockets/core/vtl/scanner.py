"""A position in a template's text, and what may be taken from there."""

import re
from functools import cache

from ..errors import TemplateError

__all__ = ["Scanner"]


class Scanner:
    """Walks through a text once, from its start to its end."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0

    @property
    def is_at_end(self) -> bool:
        """True when nothing is left."""
        return self.position == len(self.text)

    def take(self, pattern: str) -> re.Match[str] | None:
        """Return what matches a pattern here, and step over it."""
        found = self.look(pattern)
        if found is not None:
            self.position = found.end()
        return found

    def look(self, pattern: str) -> re.Match[str] | None:
        """Return what matches a pattern here, without stepping over it."""
        return _compiled(pattern).match(self.text, self.position)

    def need(self, pattern: str, wanted: str) -> re.Match[str]:
        """Return what matches a pattern here, and step over it.

        Raises:
            TemplateError: something else stands here.
        """
        found = self.take(pattern)
        if found is None:
            raise self.error(f"{wanted} is missing")
        return found

    def error(self, reason: str) -> TemplateError:
        """Make the error that says what is wrong with the template, and where."""
        line = self.text.count("\n", 0, self.position) + 1
        column = self.position - self.text.rfind("\n", 0, self.position)
        return TemplateError(f"Line {line}, column {column} of the template: {reason}.")


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.DOTALL)
