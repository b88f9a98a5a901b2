"""Tells whether two patterns of channels can match the same name.

Each pattern is a row of steps, a step being a set of characters that comes once or, where it is
open, any number of times more. Both rows are walked together; where both reach their ends, there is
a name that both match.
"""

import string
from typing import Final, NamedTuple, TypeAlias

__all__ = ["Piece", "is_known", "may_match_the_same"]

Piece: TypeAlias = "str | tuple[str, str]"
"""Literal text, or the name of a converter and its regular expression."""

_HEX: Final = frozenset("0123456789abcdef")
_DIGITS: Final = frozenset(string.digits)
_SLUG: Final = frozenset(string.ascii_letters + string.digits + "-_")
_ANY: Final = None
"""The set of all characters."""


class _Step(NamedTuple):
    characters: frozenset[str] | None
    is_open: bool = False


_OF_CONVERTERS: Final = {
    "int": [_Step(_DIGITS, is_open=True)],
    "slug": [_Step(_SLUG, is_open=True)],
    "str": [_Step(_ANY, is_open=True)],
    "path": [_Step(_ANY, is_open=True)],
    "uuid": [
        step
        for length, end in ((8, "-"), (4, "-"), (4, "-"), (4, "-"), (12, ""))
        for step in [_Step(_HEX)] * length + [_Step(frozenset(one)) for one in end]
    ],
}


def may_match_the_same(one: list[Piece], other: list[Piece]) -> bool:
    """Tell whether a name may match both; a converter of the project's own may match any text."""
    first, second = _steps_of(one), _steps_of(other)
    reached, ahead = {(0, 0)}, [(0, 0)]
    while ahead:
        here = ahead.pop()
        if here == (len(first), len(second)):
            return True
        for there in _followers(first, second, *here):
            if there not in reached:
                reached.add(there)
                ahead.append(there)
    return False


def is_known(converter_name: str) -> bool:
    """Tell whether it is a converter of Django's, whose texts are known."""
    return converter_name in _OF_CONVERTERS


def _followers(first: list[_Step], second: list[_Step], i: int, j: int) -> list[tuple[int, int]]:
    if i == len(first) or j == len(second) or not _meet(first[i], second[j]):
        return []
    nexts_of_first = (i, i + 1) if first[i].is_open else (i + 1,)
    nexts_of_second = (j, j + 1) if second[j].is_open else (j + 1,)
    return [(a, b) for a in nexts_of_first for b in nexts_of_second]


def _meet(one: _Step, other: _Step) -> bool:
    if one.characters is _ANY or other.characters is _ANY:
        return True
    return bool(one.characters & other.characters)


def _steps_of(pieces: list[Piece]) -> list[_Step]:
    steps: list[_Step] = []
    for piece in pieces:
        if isinstance(piece, str):
            steps += [_Step(frozenset(character)) for character in piece]
        else:
            steps += _OF_CONVERTERS.get(piece[0], [_Step(_ANY, is_open=True)])
    return steps
