"""The part of the Velocity Template Language that mapping templates are written in, as a tree.

Text, references with properties, indexes and calls, `#set`, `#if`, `#foreach` and comments.
Anything else is refused when a template is read, so that no template means something else here than
on AWS without anybody being told.

Source: https://velocity.apache.org/engine/1.7/vtl-reference.html
"""

from dataclasses import dataclass
from typing import TypeAlias

from ..json_path import Json

__all__ = [
    "Binary",
    "Block",
    "Call",
    "Expression",
    "ForEach",
    "If",
    "Index",
    "Interpolated",
    "ListOf",
    "Literal",
    "MapOf",
    "Node",
    "Not",
    "Output",
    "Property",
    "RangeOf",
    "Reference",
    "SetVariable",
    "Step",
    "Text",
]


@dataclass(frozen=True, slots=True)
class Literal:
    """A value written out."""

    value: Json


@dataclass(frozen=True, slots=True)
class Interpolated:
    """A text in double quotes, in which references count."""

    block: "Block"


@dataclass(frozen=True, slots=True)
class ListOf:
    """`[a, b]`."""

    items: "tuple[Expression, ...]"


@dataclass(frozen=True, slots=True)
class RangeOf:
    """`[a..b]`, both ends included."""

    first: "Expression"
    last: "Expression"


@dataclass(frozen=True, slots=True)
class MapOf:
    """`{"a": b}`."""

    pairs: "tuple[tuple[Expression, Expression], ...]"


@dataclass(frozen=True, slots=True)
class Property:
    """`.name`."""

    name: str


@dataclass(frozen=True, slots=True)
class Index:
    """`[key]`."""

    key: "Expression"


@dataclass(frozen=True, slots=True)
class Call:
    """`.name(arguments)`."""

    name: str
    arguments: "tuple[Expression, ...]"


Step: TypeAlias = Property | Index | Call


@dataclass(frozen=True, slots=True)
class Reference:
    """`$name` and the steps from it."""

    name: str
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """`!a`."""

    operand: "Expression"


@dataclass(frozen=True, slots=True)
class Binary:
    """`a operator b`."""

    operator: str
    left: "Expression"
    right: "Expression"


Expression: TypeAlias = Literal | Interpolated | ListOf | RangeOf | MapOf | Reference | Not | Binary


@dataclass(frozen=True, slots=True)
class Text:
    """Characters that stand for themselves."""

    text: str


@dataclass(frozen=True, slots=True)
class Output:
    """A reference in the text."""

    reference: Reference


@dataclass(frozen=True, slots=True)
class SetVariable:
    """`#set($name = value)`."""

    name: str
    value: Expression


@dataclass(frozen=True, slots=True)
class If:
    """`#if`, `#elseif` and `#else`; the last is a branch on true."""

    branches: "tuple[tuple[Expression, Block], ...]"


@dataclass(frozen=True, slots=True)
class ForEach:
    """`#foreach($name in items)`."""

    name: str
    items: Expression
    block: "Block"


Node: TypeAlias = Text | Output | SetVariable | If | ForEach
Block: TypeAlias = tuple[Node, ...]
