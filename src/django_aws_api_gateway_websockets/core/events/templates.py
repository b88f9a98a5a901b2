"""Mapping templates of API Gateway: what `$input`, `$context`, `$stageVariables` and `$util` are.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html
"""

import json
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote_plus, unquote_plus

from ..errors import ExpressionError, TemplateError
from ..json_path import Json, JsonPath, parse_numeric_json, stringify
from ..vtl.interpreter import Variables, evaluate
from ..vtl.methods import METHODS
from ..vtl.parser import parse_template
from ..vtl.references import references_in
from ..vtl.syntax import Block, Call, Literal, Property, Reference
from .event import Event

__all__ = ["MappingTemplate"]

MAX_TEMPLATE_BYTES: Final = 300 * 1024
"""Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html"""

_INPUT_CALLS: Final = frozenset({"json", "path"})


@dataclass(frozen=True, slots=True)
class MappingTemplate:
    """A template that has been read."""

    block: Block

    @classmethod
    def parse(cls, text: str) -> "MappingTemplate":
        """The template in a text.

        Raises:
            TemplateError: it is too long, not of the language, or uses what does not exist here.
        """
        if len(text.encode(errors="replace")) > MAX_TEMPLATE_BYTES:
            raise TemplateError(f"A mapping template has at most {MAX_TEMPLATE_BYTES} bytes.")
        block = parse_template(text)
        for reference in references_in(block):
            _check(reference)
        return cls(block)

    def render(self, event: Event, body: str, *, status: int | None = None) -> str:
        """Render the template for an event.

        Args:
            body: what `$input` reads: the message, or the backend's response to it.
            status: the status of that response, which `$context.status` is.

        Raises:
            TemplateError: it goes on for too long, or asks a value for what it cannot do.
        """
        of_response: dict[str, Json] = {} if status is None else {"status": status}
        variables: Variables = {
            "input": _Input(body),
            "util": _Util(),
            "context": event.context.as_tree() | of_response,
            "stageVariables": dict(event.stage_variables),
        }
        return evaluate(self.block, variables)


class _Input:
    """`$input`: the body as text, or by JSONPath."""

    def __init__(self, body: str) -> None:
        self._body = body
        self._document: Json = None
        self._is_read = False

    def member(self, name: str) -> Json:
        return self._body if name == "body" else None

    def call(self, name: str, arguments: list[Json]) -> Json:
        if name not in _INPUT_CALLS or len(arguments) != 1:
            raise TemplateError(f"$input.{name}() takes one path.")
        found = self._find(stringify(arguments[0]))
        if name == "path":
            return found[0] if found else None
        return _compact(found[0]) if found else ""

    def _find(self, path: str) -> tuple[Json, ...]:
        if not self._is_read:
            # A body that is no JSON has nothing at any path.
            try:
                self._document = parse_numeric_json(self._body)
            except ValueError:
                self._document = None
            self._is_read = True
        rest = _below_root(path)
        try:
            return (self._document,) if not rest else JsonPath.parse(rest).find(self._document)
        except ExpressionError as error:
            raise TemplateError(str(error)) from error


class _Util:
    """`$util`: what turns texts into other texts."""

    def member(self, name: str) -> Json:
        raise TemplateError(f"$util.{name} does not exist.")

    def call(self, name: str, arguments: list[Json]) -> Json:
        if name not in _UTIL_CALLS or len(arguments) != 1:
            raise TemplateError(f"$util.{name}() does not exist, or takes one argument.")
        argument = arguments[0]
        if argument is None:
            return None
        try:
            return _UTIL_CALLS[name](stringify(argument))
        except ValueError as error:
            raise TemplateError(f"$util.{name}() cannot read its argument.") from error


def _check(reference: Reference) -> None:
    """Refuse what evaluating would otherwise find out only when a message comes."""
    first, *rest = reference.steps or (None,)
    match reference.name, first:
        case "input", Call(name, arguments):
            if name not in _INPUT_CALLS or len(arguments) != 1:
                raise TemplateError(f"$input.{name}() does not exist here: use path or json.")
            if isinstance(arguments[0], Literal):
                _check_path(stringify(arguments[0].value))
        case "util", Call(name, arguments):
            if name not in _UTIL_CALLS or len(arguments) != 1:
                raise TemplateError(
                    f"$util.{name}() does not exist here: there is {', '.join(sorted(_UTIL_CALLS))}"
                    ", each with one argument."
                )
        case ("input", Property("body")):
            pass
        case (("input" | "util"), _):
            raise TemplateError(f"${reference.name} can be used by its functions only.")
        case _:
            rest = list(reference.steps)
    for step in rest:
        if isinstance(step, Call) and step.name not in METHODS:
            raise TemplateError(f"The method {step.name}() does not exist here.")


def _check_path(path: str) -> None:
    rest = _below_root(path)
    if rest:
        try:
            JsonPath.parse(rest)
        except ExpressionError as error:
            raise TemplateError(str(error)) from error


def _below_root(path: str) -> str:
    """A JSONPath without its root; filters and functions of paths are refused."""
    if not path.startswith("$") or any(sign in path for sign in "()?@,:"):
        raise TemplateError(
            f"{path!r} is not a path to one value: write $ and then names and indexes, like "
            "$.a.b[0]."
        )
    return path[1:]


def _compact(value: Json) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _escaped_javascript(text: str) -> str:
    """A text as it may stand in a string of JavaScript, by the rules of Apache Commons Text.

    Source: https://commons.apache.org/proper/commons-text/apidocs/org/apache/commons/text/StringEscapeUtils.html#escapeEcmaScript(java.lang.String)
    """
    return "".join(_JAVASCRIPT.get(character) or _unicode(character) for character in text)


def _unicode(character: str) -> str:
    if " " <= character <= "~":
        return character
    units = character.encode("utf-16-be", errors="surrogatepass")
    return "".join(f"\\u{units[i]:02X}{units[i + 1]:02X}" for i in range(0, len(units), 2))


_JAVASCRIPT: Final = {
    "'": "\\'",
    '"': '\\"',
    "\\": "\\\\",
    "/": "\\/",
    "\b": "\\b",
    "\n": "\\n",
    "\t": "\\t",
    "\f": "\\f",
    "\r": "\\r",
}

_UTIL_CALLS: Final[Mapping[str, Callable[[str], Json]]] = {
    "base64Decode": lambda text: b64decode(text, validate=True).decode(),
    "base64Encode": lambda text: b64encode(text.encode(errors="replace")).decode(),
    "escapeJavaScript": _escaped_javascript,
    "parseJson": parse_numeric_json,
    "urlDecode": unquote_plus,
    "urlEncode": lambda text: quote_plus(text, errors="replace"),
}
