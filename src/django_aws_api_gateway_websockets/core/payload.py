"""The text of one message: JSON, as UTF-8, up to API Gateway's limit."""

import json
from collections.abc import Callable, Iterator, Mapping
from math import ceil, isfinite
from typing import Final

from .errors import MessageNotSerialisableError, MessageTooLargeError
from .quotas import MAX_MESSAGE_BYTES

__all__ = ["METERED_UNIT_BYTES", "dump_json", "encode", "metered_units"]

METERED_UNIT_BYTES: Final = 32 * 1024
"""AWS bills a message for each 32 KB of it begun.

Source: https://aws.amazon.com/api-gateway/pricing/ (WebSocket APIs)
"""

_SEARCH_DEPTH: Final = 32


def encode(text: str) -> bytes:
    """The bytes a message travels as.

    Raises:
        MessageTooLargeError: they are more than API Gateway takes.
        MessageNotSerialisableError: the text has half of a surrogate pair, which UTF-8 cannot hold.
    """
    try:
        data = text.encode()
    except UnicodeEncodeError as error:
        raise MessageNotSerialisableError(
            f"The message has half of a surrogate pair at character {error.start}, which UTF-8 "
            "cannot hold: repair or replace the text where it enters your program."
        ) from error
    if len(data) > MAX_MESSAGE_BYTES:
        raise MessageTooLargeError(size_bytes=len(data), limit_bytes=MAX_MESSAGE_BYTES)
    return data


def dump_json(data: object, *, default: Callable[[object], object] | None = None) -> str:
    """JSON text that any client can parse: no `NaN`, and letters as they are instead of escapes.

    Args:
        default: turns a value JSON does not know into one it does, or raises `TypeError`;
            `None` knows no further types.

    Raises:
        MessageNotSerialisableError: JSON cannot express the data; the text says which value.
    """
    refused: list[object] = []

    def translate(value: object) -> object:
        try:
            if default is not None:
                return default(value)
        except TypeError:
            pass
        refused.append(value)
        raise TypeError

    try:
        # Escapes would make a message in most of the world's scripts two to three times as long.
        return json.dumps(data, ensure_ascii=False, allow_nan=False, default=translate)
    except (TypeError, ValueError, RecursionError) as error:
        reason = _reason(data, error, refused)
        raise MessageNotSerialisableError(
            f"The message cannot be written as JSON: {reason}"
        ) from error


def metered_units(size_bytes: int) -> int:
    """Return the number of messages AWS bills for one of this size."""
    return max(1, ceil(size_bytes / METERED_UNIT_BYTES))


def _reason(data: object, error: Exception, refused: list[object]) -> str:
    if refused:
        where = _place(data, lambda value: value is refused[0])
        name = type(refused[0]).__qualname__
        article = "an" if name[0].lower() in "aeiou" else "a"
        return f"it has {article} {name}{where}, so convert that to text or numbers."
    if isinstance(error, RecursionError):
        return "it is nested too deeply, so send a flatter structure."
    if isinstance(error, TypeError):
        return f"{error}, so convert the keys of its dictionaries to text."
    if "Circular" in str(error):
        return "it contains itself, so send a structure without cycles."
    where = _place(data, lambda value: isinstance(value, float) and not isfinite(value))
    return f"it has a number that is not finite{where}, so send null or text instead."


def _place(data: object, wanted: Callable[[object], bool]) -> str:
    path = next(_paths(data, wanted, depth=0), None)
    return f" at {path}" if path else ""


def _paths(data: object, wanted: Callable[[object], bool], *, depth: int) -> Iterator[str]:
    """Give the places where wanted values stand, in the order JSON is written."""
    if wanted(data):
        yield ""
    if depth == _SEARCH_DEPTH:
        return
    if isinstance(data, Mapping):
        members = ((f"[{key!r}]", value) for key, value in data.items())
    elif isinstance(data, list | tuple):
        members = ((f"[{index}]", value) for index, value in enumerate(data))
    else:
        return
    for step, value in members:
        for path in _paths(value, wanted, depth=depth + 1):
            yield step + path
