"""The methods of texts, lists and maps that a mapping template may call: Java's, by their names.

Source: https://docs.oracle.com/en/java/javase/21/docs/api/java.base/java/lang/String.html
"""

import re
from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from ..errors import TemplateError
from ..json_path import Json, stringify

__all__ = ["MAX_CHARACTERS", "METHODS", "call_method"]

Method: TypeAlias = Callable[..., Json]

MAX_CHARACTERS: Final = 1024 * 1024
"""Longest text a template may make, eight times the largest message."""

_GROUP: Final = re.compile(r"\\(.)|\$(\d)", re.DOTALL)


def call_method(value: Json, name: str, arguments: list[Json]) -> Json:
    """Call a method of a value.

    Raises:
        TemplateError: values of this kind have no such method, or not with such arguments.
    """
    methods: Mapping[str, Method]
    match value:
        case str():
            methods = _OF_TEXTS
        case list():
            methods = _OF_LISTS
        case dict():
            methods = _OF_MAPS
        case bool() | None:
            methods = _OF_ALL
        case _:
            methods = _OF_NUMBERS
    if name not in methods:
        hint = ": use size()" if name == "length" and "size" in methods else ""
        raise TemplateError(f"A {_kind(value)} has no method {name}(){hint}.")
    try:
        return methods[name](value, *arguments)
    except TemplateError:
        raise
    except (TypeError, ValueError, IndexError, AttributeError, re.error) as error:
        raise TemplateError(
            f"{name}() cannot be called on a {_kind(value)} with these arguments."
        ) from error


def _kind(value: Json) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case str():
            return "text"
        case list():
            return "list"
        case dict():
            return "map"
        case _:
            return "number"


def _substring(text: str, start: int, end: int | None = None) -> str:
    last = len(text) if end is None else end
    if not 0 <= start <= last <= len(text):
        raise IndexError
    return text[start:last]


def _replace(text: str, part: str, replacement: str) -> str:
    # Before it is made: two texts of a client could together be gigabytes.
    _refuse_length(len(text) + text.count(part) * (len(replacement) - len(part)))
    return text.replace(part, replacement)


def _replace_all(text: str, pattern: str, replacement: str) -> str:
    length = 0

    def replaced(found: re.Match[str]) -> str:
        nonlocal length
        # In Java a backslash makes the next character plain, and $1 is a group.
        new = _GROUP.sub(
            lambda part: part[1] if part[1] is not None else found[int(part[2])] or "", replacement
        )
        length += len(new)
        _refuse_length(length)
        return new

    return re.sub(pattern, replaced, text)


def _refuse_length(length: int) -> None:
    if length > MAX_CHARACTERS:
        raise TemplateError(f"A replacement makes a text of more than {MAX_CHARACTERS} characters.")


def _split(text: str, pattern: str) -> Json:
    parts: list[Json] = list(re.split(pattern, text))
    # Java drops empty texts at the end.
    while len(parts) > 1 and parts[-1] == "":
        parts.pop()
    return parts


def _whole(digits: str) -> int:
    if not re.fullmatch(r"[+-]?[0-9]{1,18}", digits):
        raise ValueError
    return int(digits)


def _put(entries: dict[str, Json], key: str, value: Json) -> Json:
    before = entries.get(stringify(key))
    entries[stringify(key)] = value
    return before


def _at(items: list[Json], index: int) -> Json:
    if index < 0:
        # Python would count from the end.
        raise IndexError
    return items[index]


def _add(items: list[Json], item: Json) -> bool:
    items.append(item)
    return True


_OF_ALL: Final[Mapping[str, Method]] = {
    "toString": stringify,
    "equals": lambda value, other: value == other,
}

# Templates borrow the static methods of Java's Integer from any number they have.
_OF_NUMBERS: Final[Mapping[str, Method]] = {
    **_OF_ALL,
    "doubleValue": float,
    "intValue": int,
    "longValue": int,
    "parseInt": lambda _, digits: _whole(digits),
    "parseLong": lambda _, digits: _whole(digits),
}

_OF_TEXTS: Final[Mapping[str, Method]] = {
    **_OF_ALL,
    "contains": lambda text, part: part in text,
    "endsWith": str.endswith,
    "equalsIgnoreCase": lambda text, other: text.lower() == other.lower(),
    "indexOf": str.find,
    "isEmpty": lambda text: not text,
    "lastIndexOf": str.rfind,
    "length": len,
    "matches": lambda text, pattern: re.fullmatch(pattern, text) is not None,
    "replace": _replace,
    "replaceAll": _replace_all,
    "split": _split,
    "startsWith": str.startswith,
    "substring": _substring,
    "toLowerCase": str.lower,
    "toUpperCase": str.upper,
    "trim": str.strip,
}

_OF_LISTS: Final[Mapping[str, Method]] = {
    **_OF_ALL,
    "add": _add,
    "contains": lambda items, item: item in items,
    "get": _at,
    "isEmpty": lambda items: not items,
    "size": len,
}

_OF_MAPS: Final[Mapping[str, Method]] = {
    **_OF_ALL,
    "containsKey": lambda entries, key: key in entries,
    "get": lambda entries, key: entries.get(key),
    "isEmpty": lambda entries: not entries,
    "keySet": list,
    "put": _put,
    "size": len,
    "values": lambda entries: list(entries.values()),
}

METHODS: Final = (
    frozenset(_OF_NUMBERS) | frozenset(_OF_TEXTS) | frozenset(_OF_LISTS) | frozenset(_OF_MAPS)
)
"""Every method there is; a template that calls another one is refused when it is read."""
