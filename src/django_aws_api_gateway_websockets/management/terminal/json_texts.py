"""JSON as browsers have it: Python alone reads and writes NaN and Infinity besides."""

import json
from typing import Any

__all__ = ["explain_unsendable", "format_json", "parse_json"]

_SPARE_DEPTH = 25


def parse_json(text: str) -> Any:
    """Return the value of a JSON text.

    Raises:
        ValueError: it is no JSON.
        RecursionError: it is nested too deep.
    """
    return json.loads(text, parse_constant=_refuse)


def format_json(value: Any, *, indent: int | None = None) -> str:
    """Return the JSON text of a value.

    Raises:
        ValueError: it has a number that no JSON text can hold, such as the one of 1e999.
        RecursionError: it is nested too deep.
    """
    return json.dumps(value, ensure_ascii=False, allow_nan=False, indent=indent)


def explain_unsendable(value: Any) -> str:
    """Return why a text or a value cannot be sent, as half a sentence; "" when it can be."""
    # It may become a part of another one.
    wrapped = value
    for _ in range(_SPARE_DEPTH):
        wrapped = [wrapped]
    try:
        format_json(wrapped).encode()
    except UnicodeEncodeError as error:
        code = ord(error.object[error.start])
        return f"it has half a character (U+{code:04X}), and frames are UTF-8"
    except ValueError:
        return "it has a number that is too large"
    except RecursionError:
        return "the JSON is nested too deep"
    return ""


def _refuse(name: str) -> Any:
    raise ValueError(f"{name} is no value of JSON")
