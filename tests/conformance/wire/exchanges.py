"""The table of exchanges, and how a frame is held beside what the table says of it."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

TABLE = Path(__file__).with_name("exchanges.json")

ANY = "$any"
MANY = "$many"
"""In place of a channel's name: as many channels as the value says."""


class Deviation(AssertionError):  # noqa: N818 - it is what the other side does, not a failure of ours.
    """The other side does not do what the table says."""


@dataclass(frozen=True)
class Exchange:
    """One row of the table."""

    name: str
    steps: list[dict[str, Any]]
    judges: str = "both"
    needs: list[str] = field(default_factory=list)
    """Names the server under judgement must give for this row to be played."""
    given: dict[str, Any] = field(default_factory=dict)
    """Values the kit's own server puts for names in the table; for another server, their kinds."""


@dataclass(frozen=True)
class Verdict:
    """The outcome of one exchange: `problem` is empty if well, None if it was not played."""

    exchange: str
    problem: str | None
    missing: tuple[str, ...] = ()

    def __str__(self) -> str:
        if self.problem is None:
            return f"not played  {self.exchange} (needs {', '.join(self.missing)})"
        return f"{'ok' if not self.problem else 'DEVIATES':<11} {self.exchange}" + (
            f"\n            {self.problem}" if self.problem else ""
        )


def exchanges(judging: str) -> list[Exchange]:
    """Return the rows that judge a `"client"` or a `"server"`."""
    rows = [Exchange(**row) for row in json.loads(TABLE.read_text())["exchanges"]]
    return [row for row in rows if row.judges in {"both", judging}]


def is_name(value: object) -> bool:
    return isinstance(value, str) and value.startswith("$")


def filled(pattern: Any, names: dict[str, Any]) -> Any:
    """Return a frame with the values of names in it; each name has one by now."""
    if is_name(pattern):
        return names[pattern[1:]]
    if isinstance(pattern, list):
        return [filled(one, names) for one in pattern]
    if not isinstance(pattern, dict):
        return pattern
    if MANY in pattern:
        return {f"{names['many']}{number}": None for number in range(pattern[MANY])}
    return {filled(key, names): filled(value, names) for key, value in pattern.items()}


def compare(
    pattern: Any, value: Any, names: dict[str, Any], given: dict[str, Any], place: str = "frame"
) -> None:
    """Hold a value beside the table's; a name that has no value yet takes it.

    Raises:
        Deviation: they differ. Members the table does not have are ignored, as both sides must.
    """
    if pattern == ANY:
        return
    if is_name(pattern) and pattern[1:] not in names:
        _check_kind(pattern[1:], value, given, place)
        names[pattern[1:]] = value
        return
    wanted = names[pattern[1:]] if is_name(pattern) else pattern
    if isinstance(wanted, dict) and MANY in wanted:
        wanted = filled(wanted, names)
    if isinstance(wanted, dict) and isinstance(value, dict):
        _compare_members(wanted, value, names, given, place)
        return
    if isinstance(wanted, list) and isinstance(value, list) and len(wanted) == len(value):
        for index, part in enumerate(wanted):
            compare(part, value[index], names, given, f"{place}[{index}]")
        return
    if wanted != value or isinstance(wanted, bool) is not isinstance(value, bool):
        raise Deviation(f"{place} should be {wanted!r}, and is {value!r}")


def _compare_members(
    wanted: dict[str, Any],
    value: dict[str, Any],
    names: dict[str, Any],
    given: dict[str, Any],
    place: str,
) -> None:
    for key, part in wanted.items():
        name = names[key[1:]] if is_name(key) else key
        if name not in value:
            raise Deviation(f"{place} has no {name!r}: {value}")
        compare(part, value[name], names, given, f"{place}.{name}")
    if place.endswith(".channels") and not wanted and value:
        raise Deviation(f"{place} should be empty: {value}")


def _check_kind(name: str, value: Any, given: dict[str, Any], place: str) -> None:
    if name == "position":
        is_right = value is None or (
            isinstance(value, list) and [type(one) for one in value] == [str, int, str]
        )
    else:
        kind = type(given[name]) if name in given else str
        is_right = isinstance(value, kind)
    if not is_right:
        raise Deviation(f"{place} is of the wrong kind: {value!r}")


def difference(patterns: Iterable[Any], heard: list[Any]) -> str:
    """Say how what was heard differs from what should have been; empty if it does not."""
    wanted = list(patterns)
    return "" if wanted == heard else f"heard should be {wanted}, and is {heard}"
