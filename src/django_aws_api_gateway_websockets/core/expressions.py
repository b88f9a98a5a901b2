"""Selection expressions: what a message says about the route it wants.

Three forms exist: `$request.body.action`, the compound `${request.body.a}/${request.body.b}`, and
plain text, in which `\\$` stands for a dollar sign.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-selection-expressions.html
"""

import re
from dataclasses import dataclass
from typing import Final

from .errors import ExpressionError
from .json_path import JsonPath, parse_json, stringify

__all__ = ["MAX_EXPRESSION_CHARACTERS", "SelectionExpression"]

MAX_EXPRESSION_CHARACTERS: Final = 128
"""Longest selection expression, by the API reference's text."""

_BODY: Final = "request.body."
_PART: Final = re.compile(r"\$\{(?P<variable>[^{}]*)\}|\\(?P<escaped>.)|(?P<text>[^$\\]+)")


@dataclass(frozen=True, slots=True)
class SelectionExpression:
    """A parsed expression: its texts and the paths between them."""

    parts: tuple[str | JsonPath, ...]

    @classmethod
    def parse(cls, text: str) -> "SelectionExpression":
        """The expression written in a text.

        Raises:
            ExpressionError: the text is empty, too long, or names anything but the message's body.
        """
        if not 0 < len(text) <= MAX_EXPRESSION_CHARACTERS:
            raise ExpressionError(
                f"A selection expression has 1 to {MAX_EXPRESSION_CHARACTERS} characters, "
                f"not {len(text)}."
            )
        if text.startswith("$" + _BODY):
            return cls((JsonPath.parse(text[len("$" + _BODY) :]),))
        return cls(tuple(_parts_of(text)))

    def evaluate(self, body: str) -> str | None:
        """What a message's body makes of the expression; `None` when the body is not JSON.

        A missing value counts as an empty text, and what was put in is not evaluated again.
        """
        try:
            document = parse_json(body)
        except ValueError:
            return None
        return "".join(
            part if isinstance(part, str) else "".join(map(stringify, part.find(document)))
            for part in self.parts
        )


def _parts_of(text: str) -> list[str | JsonPath]:
    parts: list[str | JsonPath] = []
    position = 0
    while position < len(text):
        part = _PART.match(text, position)
        if part is None:
            raise ExpressionError(
                f"{text!r} is not a selection expression: write $request.body.NAME, "
                r"${request.body.NAME} inside other text, or \$ for a dollar sign."
            )
        position = part.end()
        if part["variable"] is None:
            parts.append(part["escaped"] or part["text"])
        elif part["variable"].startswith(_BODY):
            parts.append(JsonPath.parse(part["variable"].removeprefix(_BODY)))
        else:
            raise ExpressionError(
                f"${{{part['variable']}}} cannot select a route: a WebSocket API only looks at "
                "request.body."
            )
    return parts
