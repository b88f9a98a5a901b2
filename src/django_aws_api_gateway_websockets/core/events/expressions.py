"""Selection expressions: what a message or a response says about the key it wants.

Three forms exist: `$request.body.action`, the compound `${request.body.a}/${request.body.b}`, and
plain text, in which `\\$` stands for a dollar sign.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-selection-expressions.html
"""

import re
from dataclasses import dataclass
from typing import Final, TypeAlias

from ..errors import ExpressionError
from ..json_path import Json, JsonPath, parse_json, stringify
from .response import BackendResponse

__all__ = ["MAX_EXPRESSION_CHARACTERS", "SelectionExpression"]

MAX_EXPRESSION_CHARACTERS: Final = 128
"""Longest selection expression, by the API reference's text."""

_BODY: Final = "request.body."
_STATUS: Final = "integration.response.statuscode"
_HEADER: Final = re.compile(r"integration\.response\.(?P<all>multivalue)?header\.(?P<name>[\w-]+)")

_WHOLE: Final = re.compile(r"\$(?P<variable>(?:request|integration)\..+)", re.DOTALL)
_PART: Final = re.compile(r"\$\{(?P<variable>[^{}]*)\}|\\(?P<escaped>.)|(?P<text>[^$\\]+)")


@dataclass(frozen=True, slots=True)
class _ResponseVariable:
    """Something of an integration's response."""

    header: str | None = None
    """`None` for the status code."""
    is_list: bool = False

    def value_in(self, response: BackendResponse | None) -> str:
        if response is None:
            return ""
        if self.header is None:
            return str(response.status)
        values = response.header_values(self.header)
        return ",".join(values) if self.is_list else "".join(values[-1:])


_Part: TypeAlias = str | JsonPath | _ResponseVariable


@dataclass(frozen=True, slots=True)
class SelectionExpression:
    """A parsed expression: its texts and what stands between them."""

    parts: tuple[_Part, ...]

    @classmethod
    def parse(cls, text: str, *, sees_response: bool = False) -> "SelectionExpression":
        """The expression written in a text.

        Args:
            sees_response: True when it may look at the integration's response, too.

        Raises:
            ExpressionError: the text is empty, too long, or names what it cannot look at.
        """
        if not 0 < len(text) <= MAX_EXPRESSION_CHARACTERS:
            raise ExpressionError(
                f"A selection expression has 1 to {MAX_EXPRESSION_CHARACTERS} characters, "
                f"not {len(text)}."
            )
        if whole := _WHOLE.fullmatch(text):
            return cls((_variable(whole["variable"], sees_response=sees_response),))
        return cls(tuple(_parts_of(text, sees_response=sees_response)))

    @property
    def constant(self) -> str | None:
        """The key that it gives for every message; `None` when it looks at messages."""
        texts = [part for part in self.parts if isinstance(part, str)]
        return "".join(texts) if len(texts) == len(self.parts) else None

    def evaluate(self, body: str) -> str | None:
        """Evaluate the expression over a message's body; `None` when the body is not JSON.

        A missing value counts as an empty text, and what was put in is not evaluated again.
        """
        try:
            document = parse_json(body)
        except ValueError:
            return None
        return self._text_of(document, None)

    def key_for(self, body: str, response: BackendResponse | None = None) -> str:
        """The key for a message or its response; a body that is no JSON has no values at all.

        Choosing templates and models works for lifecycle events too, whose body is empty.
        """
        document: Json = None
        if any(isinstance(part, JsonPath) for part in self.parts):
            try:
                document = parse_json(body)
            except ValueError:
                document = None
        return self._text_of(document, response)

    def _text_of(self, document: Json, response: BackendResponse | None) -> str:
        texts: list[str] = []
        for part in self.parts:
            match part:
                case str():
                    texts.append(part)
                case JsonPath():
                    texts += map(stringify, part.find(document))
                case _ResponseVariable():
                    texts.append(part.value_in(response))
        return "".join(texts)


def _parts_of(text: str, *, sees_response: bool) -> list[_Part]:
    parts: list[_Part] = []
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
        else:
            parts.append(_variable(part["variable"], sees_response=sees_response))
    return parts


def _variable(text: str, *, sees_response: bool) -> JsonPath | _ResponseVariable:
    if text.startswith(_BODY):
        return JsonPath.parse(text.removeprefix(_BODY))
    if sees_response and text == _STATUS:
        return _ResponseVariable()
    if sees_response and (header := _HEADER.fullmatch(text)):
        return _ResponseVariable(header["name"], is_list=bool(header["all"]))
    allowed = "request.body."
    if sees_response:
        allowed += f", {_STATUS} and integration.response.header."
    raise ExpressionError(
        f"${{{text}}} cannot be looked at here: a WebSocket API only looks at {allowed}"
    )
