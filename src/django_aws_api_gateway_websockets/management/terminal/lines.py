"""The lines that a person types: what each of them asks for."""

from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from typing import Any, Final, TypeAlias

from .json_texts import explain_unsendable, parse_json

__all__ = ["HELP", "Line", "Order", "Problem", "Request", "Text", "Word", "read_line"]

HELP: Final = """\
{"action": "shout", …}    sends this as it is
/request HANDLER {json}   calls a handler, and shows its reply
/subscribe NAME …         subscribes to channels
/unsubscribe NAME …       ends subscriptions
/ping                     asks Django for a sign of life
/close                    closes the socket and ends; so do Ctrl-C and Ctrl-D
/help                     shows this"""


class Word(StrEnum):
    """The words that begin with a slash."""

    REQUEST = "request"
    SUBSCRIBE = "subscribe"
    UNSUBSCRIBE = "unsubscribe"
    PING = "ping"
    CLOSE = "close"
    HELP = "help"


@dataclass(frozen=True, slots=True)
class Text:
    """A frame to be sent as it stands."""

    text: str
    values: dict[str, Any]
    """The same, parsed."""


@dataclass(frozen=True, slots=True)
class Request:
    """A call of a handler."""

    handler: str
    values: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Order:
    """Any other word, with the names behind it."""

    word: Word
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Problem:
    """A line that nobody can carry out, and why."""

    text: str


Line: TypeAlias = Text | Request | Order | Problem


def read_line(line: str) -> Line | None:
    """Return what a line asks for; None for an empty one."""
    typed = line.strip()
    if not typed:
        return None
    if reason := explain_unsendable(typed):
        return Problem(f"Not sent: {reason}.")
    if typed.startswith("{"):
        values = _parse(typed)
        return values if isinstance(values, Problem) else Text(typed, values)
    if not typed.startswith("/"):
        return Problem(
            'Not sent: a line is a JSON object, such as {"action": "shout"}, or begins with /. '
            "/help says more."
        )
    name, _, rest = typed[1:].partition(" ")
    if name not in set(Word):
        close = get_close_matches(name, list(Word), n=1)
        hint = f" Did you mean /{close[0]}?" if close else " /help names those there are."
        return Problem(f"There is no /{name}.{hint}")
    return _read_word(Word(name), rest.strip())


def _read_word(word: Word, rest: str) -> Line:
    if word is Word.REQUEST:
        handler, _, body = rest.partition(" ")
        if not handler or handler.startswith("{"):
            return Problem('Not sent: write /request HANDLER {"member": "value"}.')
        values = _parse(body.strip() or "{}")
        if isinstance(values, Problem):
            return values
        if reason := explain_unsendable(values):
            return Problem(f"Not sent: {reason}.")
        return Request(handler, values)
    names = tuple(rest.split())
    if word in {Word.SUBSCRIBE, Word.UNSUBSCRIBE} and not names:
        return Problem(f"Not sent: write /{word} NAME.")
    return Order(word, names)


def _parse(text: str) -> dict[str, Any] | Problem:
    try:
        values = parse_json(text)
    except RecursionError:
        return Problem("Not sent: the JSON is nested too deep.")
    except ValueError as error:
        return Problem(f"Not sent: it is no JSON ({error}).")
    if not isinstance(values, dict):
        return Problem("Not sent: it is JSON, and no object.")
    return values
