"""Every reference in a template, wherever it stands."""

from collections.abc import Iterator

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
    MapOf,
    Not,
    Output,
    RangeOf,
    Reference,
    SetVariable,
    Step,
)

__all__ = ["references_in"]


def references_in(block: Block) -> Iterator[Reference]:
    """The references of a block and of everything in it."""
    for node in block:
        match node:
            case Output(reference):
                yield from _of_expression(reference)
            case SetVariable(_, value):
                yield from _of_expression(value)
            case If(branches):
                for condition, inner in branches:
                    yield from _of_expression(condition)
                    yield from references_in(inner)
            case ForEach(_, items, inner):
                yield from _of_expression(items)
                yield from references_in(inner)


def _of_expression(expression: Expression) -> Iterator[Reference]:
    if isinstance(expression, Reference):
        yield expression
    if isinstance(expression, Interpolated):
        yield from references_in(expression.block)
    for part in _parts_of(expression):
        yield from _of_expression(part)


def _parts_of(expression: Expression) -> Iterator[Expression]:
    match expression:
        case Reference(_, steps):
            for step in steps:
                yield from _parts_of_step(step)
        case ListOf(items):
            yield from items
        case MapOf(pairs):
            for pair in pairs:
                yield from pair
        case RangeOf(first, last) | Binary(_, first, last):
            yield first
            yield last
        case Not(operand):
            yield operand


def _parts_of_step(step: Step) -> Iterator[Expression]:
    match step:
        case Call(_, arguments):
            yield from arguments
        case Index(key):
            yield key
