"""The part of JSONPath that selection expressions and parameter mappings use: `a.b[0]['c d']`.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-selection-expressions.html
"""

import json
import re
from dataclasses import dataclass
from math import isfinite
from typing import Final, NoReturn, TypeAlias

from .errors import ExpressionError

__all__ = ["Json", "JsonPath", "parse_json", "parse_numeric_json", "stringify"]

Json: TypeAlias = "str | int | float | bool | list[Json] | dict[str, Json] | None"
"""A document; where its numbers only pass through, they are still the text the client wrote."""

_STEP: Final = re.compile(
    r"\.?(?P<name>[^.\[\]'\"{}\s]+)|\[(?P<index>[0-9]{1,9})\]|\[(?P<quote>['\"])(?P<quoted>.+?)(?P=quote)\]"
)


@dataclass(frozen=True, slots=True)
class JsonPath:
    """Steps from the root of a document to one value."""

    steps: tuple[str | int, ...]

    @classmethod
    def parse(cls, text: str) -> "JsonPath":
        """The path written as `a.b[0]`, without a root.

        Raises:
            ExpressionError: the text holds something else than names and indexes.
        """
        steps: list[str | int] = []
        position = 0
        while position < len(text):
            step = _STEP.match(text, position)
            if step is None or "*" in step.group():
                raise ExpressionError(
                    f"{text!r} is not a path to one value: write names and indexes, like a.b[0]."
                )
            steps.append(_step_of(step))
            position = step.end()
        if not steps:
            raise ExpressionError("A path needs at least one name, like $request.body.action.")
        return cls(tuple(steps))

    def find(self, document: Json) -> tuple[Json, ...]:
        """The value at this path alone in a tuple, or an empty tuple when there is none."""
        for step in self.steps:
            if isinstance(step, str):
                if not isinstance(document, dict) or step not in document:
                    return ()
                document = document[step]
            else:
                if not isinstance(document, list) or step >= len(document):
                    return ()
                document = document[step]
        return (document,)


def parse_json(text: str) -> Json:
    """The document in a text, its numbers left as text so that none is too long or loses a digit.

    Raises:
        ValueError: the text is not JSON, or nested deeper than anything a client means to send.
    """
    try:
        # The annotation is what its hooks make of json's `Any`.
        document: Json = _WITH_NUMBERS_AS_TEXT.decode(text)
    except RecursionError:
        raise ValueError("The JSON is nested too deeply.") from None
    return document


def parse_numeric_json(text: str) -> Json:
    """The document in a text, its numbers as numbers.

    Raises:
        ValueError: the text is not JSON, is nested too deeply, or has a number too long to handle.
    """
    try:
        # The annotation is what its hooks make of json's `Any`.
        document: Json = _WITH_NUMBERS.decode(text)
    except RecursionError:
        raise ValueError("The JSON is nested too deeply.") from None
    return document


def stringify(value: Json) -> str:
    """A value the way API Gateway compares and maps it, which is always as text.

    Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-develop-routes.html
    ("stringified"); the form of lists and objects is an inference from the Java behind it.
    """
    match value:
        case str():
            return value
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int() | float():
            return str(value)
        case list():
            return f"[{', '.join(stringify(item) for item in value)}]"
        case dict():
            return f"{{{', '.join(f'{key}={stringify(item)}' for key, item in value.items())}}}"


def _step_of(step: re.Match[str]) -> str | int:
    if step["index"] is not None:
        return int(step["index"])
    return step["name"] if step["name"] is not None else step["quoted"]


def _finite(digits: str) -> float:
    number = float(digits)
    if not isfinite(number):
        raise ValueError("A number is too large.")
    return number


def _refuse(constant: str) -> NoReturn:
    # Python reads NaN and Infinity, RFC 8259 section 6 forbids them.
    raise ValueError(f"{constant} is not JSON.")


# Made once, for to make one takes as long as to read a short message with it.
_WITH_NUMBERS_AS_TEXT: Final = json.JSONDecoder(
    parse_int=str, parse_float=str, parse_constant=_refuse
)
_WITH_NUMBERS: Final = json.JSONDecoder(parse_float=_finite, parse_constant=_refuse)
