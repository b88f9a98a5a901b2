"""Reads a mapping template into the tree of `velocity_syntax`."""

from collections.abc import Callable, Mapping
from typing import Final

from ..errors import TemplateError
from .expressions import parse_expression, parse_reference
from .scanner import Scanner
from .syntax import (
    Block,
    Expression,
    ForEach,
    If,
    Interpolated,
    Literal,
    Node,
    Output,
    SetVariable,
    Text,
)

__all__ = ["parse_template"]

# Velocity drops the line end after a directive, so that a line with one alone leaves no empty line.
_REST_OF_LINE: Final = r"(?:[ \t]*\r?\n)?"

_COMMENT: Final = r"##[^\n]*\n?|#\*.*?\*#"
_ESCAPES: Final = r"(?P<slashes>\\+)(?=[$#])"
_PLAIN: Final = r"[^$#\\]+|\\+(?![$#\\])"

_REFUSED: Final = (
    r"#\{?(?P<name>macro|parse|include|evaluate|define|stop|break|literal)\b|#(?P<raw>\[\[)"
)


def parse_template(text: str) -> Block:
    """The tree of a template.

    Raises:
        TemplateError: it is not of the language, or of a part of it that does not exist here.
    """
    scanner = Scanner(text)
    try:
        block = _block(scanner)
    except RecursionError:
        raise TemplateError("The template is nested too deeply.") from None
    if not scanner.is_at_end:
        raise scanner.error("nothing is open that this could end")
    return block


def _block(scanner: Scanner) -> Block:
    """Everything up to the directive that ends the block, or to the end of the text."""
    nodes: list[Node] = []
    while not scanner.is_at_end and not scanner.look(r"#\{?(?:end|else|elseif)\b"):
        node = _node(scanner)
        if node is not None:
            nodes.append(node)
    return tuple(nodes)


def _node(scanner: Scanner) -> Node | None:
    if found := scanner.take(_PLAIN):
        return Text(found.group())
    if found := scanner.take(_ESCAPES):
        return _escaped(scanner, len(found["slashes"]))
    if scanner.take(_COMMENT):
        return None
    if (reference := parse_reference(scanner, _block_in_quotes)) is not None:
        return Output(reference)
    if found := scanner.take(r"#\{?(?P<name>set|if|foreach)\}?[ \t]*\("):
        return _DIRECTIVES[found["name"]](scanner)
    if scanner.look(r"#\*"):
        raise scanner.error("the *# of the comment is missing")
    if found := scanner.look(_REFUSED):
        raise scanner.error(f"#{found['name'] or found['raw']} does not exist here")
    return Text(scanner.need(r"[$#]", "text").group())


def _escaped(scanner: Scanner, slashes: int) -> Text:
    # Two stand for one, and one that is left over takes its meaning from what follows.
    text = "\\" * (slashes // 2)
    if slashes % 2:
        text += scanner.need(r"[$#]", "a character").group()
    return Text(text)


def _set(scanner: Scanner) -> SetVariable:
    name = scanner.need(
        r"\s*\$!?\{?(?P<name>[A-Za-z_]\w*)\}?\s*=(?!=)",
        "$NAME = (setting a property of a value does not exist here), which",
    )["name"]
    value = _expression(scanner)
    scanner.need(r"\s*\)" + _REST_OF_LINE, "the ) of #set")
    return SetVariable(name, value)


def _if(scanner: Scanner) -> If:
    branches: list[tuple[Expression, Block]] = []
    while True:
        condition = _expression(scanner)
        scanner.need(r"\s*\)" + _REST_OF_LINE, "the ) of #if")
        branches.append((condition, _block(scanner)))
        if not scanner.take(r"#\{?elseif\}?[ \t]*\("):
            break
    if scanner.take(r"#(?:else\b|\{else\})" + _REST_OF_LINE):
        branches.append((Literal(value=True), _block(scanner)))
    _end(scanner, "#if")
    return If(tuple(branches))


def _foreach(scanner: Scanner) -> ForEach:
    name = scanner.need(r"\s*\$!?\{?(?P<name>[A-Za-z_]\w*)\}?\s+in\b", "$NAME in")["name"]
    items = _expression(scanner)
    scanner.need(r"\s*\)" + _REST_OF_LINE, "the ) of #foreach")
    block = _block(scanner)
    _end(scanner, "#foreach")
    return ForEach(name, items, block)


def _end(scanner: Scanner, directive: str) -> None:
    scanner.need(r"#(?:end\b|\{end\})" + _REST_OF_LINE, f"the #end of {directive}")


def _expression(scanner: Scanner) -> Expression:
    return parse_expression(scanner, _block_in_quotes)


def _block_in_quotes(text: str) -> Interpolated:
    return Interpolated(parse_template(text))


_DIRECTIVES: Final[Mapping[str, Callable[[Scanner], Node]]] = {
    "set": _set,
    "if": _if,
    "foreach": _foreach,
}
