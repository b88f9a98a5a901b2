"""Reads the expressions of a mapping template: what stands in references and in directives."""

from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from .scanner import Scanner
from .syntax import (
    Binary,
    Call,
    Expression,
    Index,
    Interpolated,
    ListOf,
    Literal,
    MapOf,
    Not,
    Property,
    RangeOf,
    Reference,
    Step,
)

__all__ = ["parse_expression", "parse_reference"]

Quoted: TypeAlias = Callable[[str], Interpolated]
"""Reads the template inside of double quotes."""

# From the loosest to the tightest; the words are Velocity's other spelling of the signs.
_LEVELS: Final = (
    {"||": "||", "or": "||"},
    {"&&": "&&", "and": "&&"},
    {"==": "==", "!=": "!=", "eq": "==", "ne": "!="},
    {"<=": "<=", ">=": ">=", "<": "<", ">": ">", "le": "<=", "ge": ">=", "lt": "<", "gt": ">"},
    {"+": "+", "-": "-"},
    {"*": "*", "/": "/", "%": "%"},
)
_PATTERNS: Final = (
    r"\s*(\|\||or\b)",
    r"\s*(&&|and\b)",
    r"\s*(==|!=|eq\b|ne\b)",
    r"\s*(<=|>=|<|>|le\b|ge\b|lt\b|gt\b)",
    r"\s*([+-])",
    r"\s*([*/%])",
)
_CONSTANTS: Final = {"true": True, "false": False, "null": None}


def parse_expression(scanner: Scanner, quoted: Quoted, level: int = 0) -> Expression:
    """The expression at a position.

    Raises:
        TemplateError: there is none.
    """
    if level == len(_LEVELS):
        return _unary(scanner, quoted)
    left = parse_expression(scanner, quoted, level + 1)
    while found := scanner.take(_PATTERNS[level]):
        right = parse_expression(scanner, quoted, level + 1)
        left = Binary(_LEVELS[level][found[1]], left, right)
    return left


def parse_reference(scanner: Scanner, quoted: Quoted) -> Reference | None:
    """The reference at a position, or `None` where a dollar sign stands for itself."""
    found = scanner.take(r"\$!?(?P<brace>\{?)(?P<name>[A-Za-z_]\w*)")
    if found is None:
        return None
    reference = Reference(found["name"], tuple(_steps(scanner, quoted)))
    if found["brace"]:
        scanner.need(r"\}", "the } of the reference")
    return reference


def _steps(scanner: Scanner, quoted: Quoted) -> list[Step]:
    steps: list[Step] = []
    while True:
        if found := scanner.take(r"\.(?P<name>[A-Za-z_][\w-]*)(?P<call>\(?)"):
            if found["call"]:
                steps.append(Call(found["name"], _items(scanner, quoted, r"\s*\)")))
            else:
                steps.append(Property(found["name"]))
        # In text, a bracket after a value can be anything: only a key makes it an index.
        elif scanner.look(r"""\[\s*(?:\d+|\$|'[^']*'|"[^"]*")[^\[\]]*\]""") and scanner.take(r"\["):
            steps.append(Index(parse_expression(scanner, quoted)))
            scanner.need(r"\s*\]", "the ] of the index")
        else:
            return steps


def _unary(scanner: Scanner, quoted: Quoted) -> Expression:
    if scanner.take(r"\s*(?:!(?!=)|not\b)"):
        return Not(_unary(scanner, quoted))
    return _primary(scanner, quoted)


def _primary(scanner: Scanner, quoted: Quoted) -> Expression:
    scanner.take(r"\s+")
    reference = parse_reference(scanner, quoted)
    if reference is not None:
        return reference
    for pattern, make in _LITERALS:
        if found := scanner.take(pattern):
            return make(found.group())
    if found := scanner.take(r'"((?:[^"]|"")*)"'):
        return quoted(found[1].replace('""', '"'))
    if found := scanner.take(r"[(\[{]"):
        return _BRACKETS[found.group()](scanner, quoted)
    raise scanner.error("a value is missing")


def _parentheses(scanner: Scanner, quoted: Quoted) -> Expression:
    inner = parse_expression(scanner, quoted)
    scanner.need(r"\s*\)", "a )")
    return inner


def _list(scanner: Scanner, quoted: Quoted) -> Expression:
    if scanner.take(r"\s*\]"):
        return ListOf(())
    first = parse_expression(scanner, quoted)
    if scanner.take(r"\s*\.\."):
        last = parse_expression(scanner, quoted)
        scanner.need(r"\s*\]", "the ] of the range")
        return RangeOf(first, last)
    if scanner.take(r"\s*\]"):
        return ListOf((first,))
    scanner.need(r"\s*,", "a , or ]")
    return ListOf((first, *_items(scanner, quoted, r"\s*\]")))


def _items(scanner: Scanner, quoted: Quoted, end: str) -> tuple[Expression, ...]:
    """Expressions between commas, up to what ends them."""
    if scanner.take(end):
        return ()
    items = [parse_expression(scanner, quoted)]
    while not scanner.take(end):
        scanner.need(r"\s*,", "a comma or the end")
        items.append(parse_expression(scanner, quoted))
    return tuple(items)


def _map(scanner: Scanner, quoted: Quoted) -> MapOf:
    pairs: list[tuple[Expression, Expression]] = []
    while not scanner.take(r"\s*\}"):
        if pairs:
            scanner.need(r"\s*,", "a , or }")
        key = parse_expression(scanner, quoted)
        scanner.need(r"\s*:", "the : of a map")
        pairs.append((key, parse_expression(scanner, quoted)))
    return MapOf(tuple(pairs))


_LITERALS: Final[tuple[tuple[str, Callable[[str], Literal]], ...]] = (
    (r"-?\d+\.\d+", lambda digits: Literal(float(digits))),
    (r"-?\d{1,18}(?!\d)", lambda digits: Literal(int(digits))),
    (r"'[^']*'", lambda quoted: Literal(quoted[1:-1])),
    (r"(?:true|false|null)\b", lambda name: Literal(_CONSTANTS[name])),
)

_BRACKETS: Final[Mapping[str, Callable[[Scanner, Quoted], Expression]]] = {
    "(": _parentheses,
    "[": _list,
    "{": _map,
}
