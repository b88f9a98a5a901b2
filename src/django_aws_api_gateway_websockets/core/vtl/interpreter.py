"""Evaluates a mapping template.

Everything is bounded, because what a client sends decides how long a loop is: the turns of a loop,
the steps of an evaluation and the length of a text.

Source: https://velocity.apache.org/engine/1.7/vtl-reference.html
"""

from collections.abc import Mapping
from typing import Final, Protocol, TypeAlias

from ..errors import TemplateError
from ..json_path import Json, stringify
from .methods import MAX_CHARACTERS, call_method
from .operators import calculate, is_true
from .syntax import (
    Binary,
    Block,
    Call,
    Expression,
    ForEach,
    If,
    Index,
    Interpolated,
    ListOf,
    Literal,
    MapOf,
    Node,
    Not,
    Output,
    Property,
    RangeOf,
    Reference,
    SetVariable,
    Step,
    Text,
)

__all__ = ["Functions", "Variables", "evaluate"]

MAX_TURNS: Final = 1_000
"""Turns of one #foreach.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html
"""

MAX_STEPS: Final = 100_000
"""Steps of one evaluation; loops within loops would otherwise hold every other connection up."""


class Functions(Protocol):
    """A variable with members that are functions, such as `$input`."""

    def member(self, name: str) -> Json:
        """Return what `$variable.name` is."""

    def call(self, name: str, arguments: list[Json]) -> Json:
        """Return what `$variable.name(arguments)` gives."""


Variables: TypeAlias = "Mapping[str, Json | Functions]"


def evaluate(block: Block, variables: Variables) -> str:
    """The text a template makes of its variables. A reference to nothing is an empty text.

    Raises:
        TemplateError: it goes on for too long, or asks a value for what it cannot do.
    """
    try:
        return _Evaluation(variables).text_of(block)
    except RecursionError:
        raise TemplateError("The template nests values too deeply.") from None


class _Evaluation:
    def __init__(self, variables: Variables) -> None:
        self._variables: dict[str, Json | Functions] = dict(variables)
        self._steps = 0

    def text_of(self, block: Block) -> str:
        written = _Written()
        self._write(block, written)
        return written.text()

    def _write(self, block: Block, written: "_Written") -> None:
        for node in block:
            self._step()
            self._write_node(node, written)

    def _write_node(self, node: Node, written: "_Written") -> None:
        match node:
            case Text(text):
                written.add(text)
            case Output(reference):
                value = self._value(reference)
                text = "" if value is None else stringify(value)
                written.add(text)
                self._steps += len(text) // 1024
            case SetVariable(name, expression):
                self._variables[name] = self._value(expression)
            case If(branches):
                chosen = next((b for condition, b in branches if self._holds(condition)), ())
                self._write(chosen, written)
            case ForEach():
                self._repeat(node, written)

    def _repeat(self, loop: ForEach, written: "_Written") -> None:
        items = self._value(loop.items)
        if isinstance(items, dict):
            items = list(items.values())
        if not isinstance(items, list):
            return
        if len(items) > MAX_TURNS:
            raise TemplateError(f"#foreach has more than {MAX_TURNS} turns, the limit of AWS.")
        before = {name: self._variables.get(name) for name in (loop.name, "foreach")}
        for index, item in enumerate(list(items)):
            self._variables[loop.name] = item
            self._variables["velocityCount"] = index + 1
            self._variables["foreach"] = {
                "count": index + 1,
                "index": index,
                "hasNext": index + 1 < len(items),
                "first": index == 0,
                "last": index + 1 == len(items),
            }
            self._write(loop.block, written)
        self._variables.update(before)

    def _holds(self, condition: Expression) -> bool:
        return is_true(self._value(condition))

    def _value(self, expression: Expression) -> Json:
        self._step()
        match expression:
            case Literal(value):
                return value
            case Interpolated(block):
                return self.text_of(block)
            case Reference(name, steps):
                return self._follow(self._variables.get(name), steps)
            case Not(operand):
                return not self._holds(operand)
            case Binary(operator, left, right):
                return self._operation(operator, left, right)
            case ListOf() | MapOf() | RangeOf():
                return self._collection(expression)

    def _collection(self, expression: ListOf | MapOf | RangeOf) -> Json:
        match expression:
            case ListOf(items):
                return [self._value(item) for item in items]
            case MapOf(pairs):
                return {stringify(self._value(key)): self._value(value) for key, value in pairs}
            case RangeOf(first, last):
                return _range(self._value(first), self._value(last))

    def _operation(self, operator: str, left: Expression, right: Expression) -> Json:
        if operator == "&&":
            return self._holds(left) and self._holds(right)
        if operator == "||":
            return self._holds(left) or self._holds(right)
        result = calculate(operator, self._value(left), self._value(right))
        return _bounded(result) if isinstance(result, str) else result

    def _follow(self, value: "Json | Functions", steps: tuple[Step, ...]) -> Json:
        for step in steps:
            self._step()
            if value is None:
                return None
            if isinstance(value, str | int | float | list | dict):
                value = self._member(value, step)
            else:
                value = self._function(value, step)
        if value is None or isinstance(value, str | int | float | list | dict):
            return value
        raise TemplateError("A template can use $input and $util by their functions only.")

    def _function(self, functions: Functions, step: Step) -> Json:
        match step:
            case Call(name, arguments):
                return functions.call(name, [self._value(argument) for argument in arguments])
            case Property(name):
                return functions.member(name)
            case Index():
                raise TemplateError("$input and $util have no indexes.")

    def _member(self, value: Json, step: Step) -> Json:
        match step:
            case Property(name):
                return value.get(name) if isinstance(value, dict) else None
            case Index(key):
                return _item(value, self._value(key))
            case Call(name, arguments):
                result = call_method(value, name, [self._value(item) for item in arguments])
                return _bounded(result) if isinstance(result, str) else result

    def _step(self) -> None:
        self._steps += 1
        if self._steps > MAX_STEPS:
            raise TemplateError(f"The template takes more than {MAX_STEPS} steps.")


class _Written:
    """A text as it grows, checked with each piece: a loop can write a long one again and again."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._length = 0

    def add(self, text: str) -> None:
        self._length += len(text)
        if self._length > MAX_CHARACTERS:
            raise _too_long()
        self._pieces.append(text)

    def text(self) -> str:
        return "".join(self._pieces)


def _range(first: Json, last: Json) -> Json:
    if not isinstance(first, int) or not isinstance(last, int):
        return None
    if abs(last - first) >= MAX_TURNS:
        raise TemplateError(f"A range has more than {MAX_TURNS} numbers.")
    return [*range(first, last + 1)] if first <= last else [*range(first, last - 1, -1)]


def _item(value: Json, key: Json) -> Json:
    if isinstance(value, dict):
        return value.get(stringify(key))
    if isinstance(value, list) and isinstance(key, int) and 0 <= key < len(value):
        return value[key]
    return None


def _bounded(text: str) -> str:
    if len(text) > MAX_CHARACTERS:
        raise _too_long()
    return text


def _too_long() -> TemplateError:
    return TemplateError(f"The template makes a text of more than {MAX_CHARACTERS} characters.")
