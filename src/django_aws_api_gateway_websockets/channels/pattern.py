"""The pattern of a declared channel, such as `room-<int:pk>`: which names it matches, with values.

Converters are those of `path()`, the project's own included.
Source: https://docs.djangoproject.com/en/stable/topics/http/urls/#path-converters
"""

import re
from functools import cached_property
from typing import Any, Final, NamedTuple

from django.core.exceptions import ImproperlyConfigured
from django.urls.converters import get_converters

from .overlap import Piece, is_known, may_match_the_same

__all__ = ["Pattern"]

_PARAMETER: Final = re.compile(r"<(?:(?P<converter>[^<>:]+):)?(?P<name>[^<>]*)>")


_EXAMPLES: Final = {
    "int": "1",
    "path": "a",
    "slug": "a",
    "str": "a",
    "uuid": "00000000-0000-0000-0000-000000000000",
}
"""A text that each converter of Django's matches."""


class _Parameter(NamedTuple):
    """A value within a name."""

    name: str
    converter_name: str
    converter: Any


class Pattern:
    """A pattern of names.

    Args:
        text: literal text, and parameters as in `path()`.

    Raises:
        ImproperlyConfigured: a parameter has no name that Python takes, stands there twice, or has
            a converter nobody has registered.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self._parts: list[str | _Parameter] = []
        start = 0
        for found in _PARAMETER.finditer(text):
            self._parts += [text[start : found.start()], self._parameter(found)]
            start = found.end()
        self._parts.append(text[start:])
        names = self.parameter_names
        if len(names) != len(set(names)):
            raise ImproperlyConfigured(f"The pattern {text!r} has a parameter twice.")

    def __str__(self) -> str:
        return self.text

    @property
    def parameter_names(self) -> list[str]:
        """Names of the parameters, in their order."""
        return [part.name for part in self._parts if isinstance(part, _Parameter)]

    @property
    def own_converters(self) -> list[str]:
        """Names of the project's own converters, which may match any text."""
        parameters = [part for part in self._parts if isinstance(part, _Parameter)]
        return [one.converter_name for one in parameters if not is_known(one.converter_name)]

    @property
    def example(self) -> str:
        """One of the names; "" where a converter is the project's own, and nobody can tell."""
        if self.own_converters:
            return ""
        return "".join(
            part if isinstance(part, str) else _EXAMPLES[part.converter_name]
            for part in self._parts
        )

    def match(self, name: str) -> dict[str, Any] | None:
        """Return the values within a name; None when the pattern does not match it."""
        found = self._expression.fullmatch(name)
        if found is None:
            return None
        try:
            return {
                part.name: part.converter.to_python(found[part.name])
                for part in self._parts
                if isinstance(part, _Parameter)
            }
        except ValueError:
            # As in `path()`: a converter says so that the text is none of its values.
            return None

    def build(self, values: dict[str, Any]) -> str:
        """Return the name with these values.

        Raises:
            TypeError: a value is missing, or one too many.
            ValueError: a value has no text the pattern would match.
        """
        expected = self.parameter_names
        if set(values) != set(expected):
            wants, given = (", ".join(names) or "no values" for names in (expected, values))
            raise TypeError(f"The pattern {self.text!r} takes {wants}, not {given}.")
        name = "".join(
            part if isinstance(part, str) else part.converter.to_url(values[part.name])
            for part in self._parts
        )
        if self._expression.fullmatch(name) is None:
            raise ValueError(f"{values!r} are no values for the pattern {self.text!r}.")
        return name

    def overlaps(self, other: "Pattern") -> bool:
        """Tell whether there may be a name that both patterns match."""
        return may_match_the_same(self._pieces, other._pieces)  # noqa: SLF001 - of the same class.

    @property
    def _pieces(self) -> list[Piece]:
        return [
            part if isinstance(part, str) else (part.converter_name, part.converter.regex)
            for part in self._parts
        ]

    @cached_property
    def _expression(self) -> re.Pattern[str]:
        return re.compile(
            "".join(
                re.escape(part)
                if isinstance(part, str)
                else f"(?P<{part.name}>{part.converter.regex})"
                for part in self._parts
            )
        )

    def _parameter(self, found: re.Match[str]) -> _Parameter:
        name, converter = found["name"], found["converter"] or "str"
        if not name.isidentifier():
            raise ImproperlyConfigured(
                f"The pattern {self.text!r} has a parameter {name!r}, which Python takes as no "
                "name: write it as in path(), <int:pk>."
            )
        converters = get_converters()
        if converter not in converters:
            raise ImproperlyConfigured(
                f"The pattern {self.text!r} has the converter {converter!r}, which nobody has "
                f"registered; there are {', '.join(sorted(converters))}."
            )
        return _Parameter(name, converter, converters[converter])
