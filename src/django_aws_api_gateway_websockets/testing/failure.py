"""The text of an assertion that fails: what was wanted, what was sent to whom, and the nearest."""

from collections.abc import Callable, Sequence
from difflib import SequenceMatcher, ndiff
from pprint import pformat
from textwrap import indent
from typing import Any, Final

from ..delivery.outcome import OutcomeKind
from .memory.sent import Sent

__all__ = ["describe_failure", "describe_sent"]

_SHOWN: Final = 10
"""Messages that are listed; more of them would hide the rest."""

_NAMED: Final = 5
"""Connections that are named of one message."""

_WIDTH: Final = 68

Label = Callable[[str], str]


def describe_failure(
    wanted: str, data: Sequence[Any], sent: Sequence[Sent], *, whom: str, label: Label
) -> str:
    """Describe that what was wanted was not sent.

    Args:
        wanted: the beginning, up to the message.
        data: the message in a list; empty where any would have done.
        sent: messages of the project, in their order.
        whom: those it was to reach; "" for anybody.
        label: gives the name of a connection for people.
    """
    lines = [f"{wanted}{'' if data or not whom else f' {whom}'}{':' if data else '.'}"]
    lines += [indent(_shown(one), "    ") for one in data]
    lines += [f"  {whom}"] if data and whom else []
    lines.append(describe_sent(sent, label))
    nearest = _find_nearest(data[0], sent) if data else None
    if nearest is None:
        return "\n".join(lines)
    if data[0] == sent[nearest].data:
        lines.append(f"Number {nearest + 1} is that message, and reached others.")
    else:
        lines.append(f"The nearest is number {nearest + 1} (- is wanted, + was sent):")
        lines.append(indent(_difference(data[0], sent[nearest].data), "    "))
    return "\n".join(lines)


def describe_sent(sent: Sequence[Sent], label: Label) -> str:
    """Describe what was sent, and to whom."""
    if not sent:
        return (
            "Nothing was sent. (To a channel that nobody is in, nothing is: open a client in it.)"
        )
    lines = ["One message was sent:" if len(sent) == 1 else f"{len(sent)} messages were sent:"]
    for number, one in enumerate(sent[:_SHOWN], start=1):
        lines.append(f"{number:>3}. {_recipients(one, label)}")
        lines.append(indent(_shown(one.data), "     "))
    if len(sent) > _SHOWN:
        lines.append(f"     … and {len(sent) - _SHOWN} more.")
    return "\n".join(lines)


def _recipients(sent: Sent, label: Label) -> str:
    reached = _names(sent.to, label)
    text = f"to {reached}" if reached else "to nobody"
    if sent.channel:
        text = f"in the channel {sent.channel!r}, {text}"
    for kind in OutcomeKind:
        missed = [one for one, outcome in sent.outcomes.items() if outcome is kind]
        if missed and kind is not OutcomeKind.SENT:
            text += f"; {kind.value}: {_names(missed, label)}"
    return text


def _names(connection_ids: Sequence[str], label: Label) -> str:
    named = ", ".join(map(label, connection_ids[:_NAMED]))
    more = len(connection_ids) - _NAMED
    return f"{named} and {more} more" if more > 0 else named


def _find_nearest(wanted: Any, sent: Sequence[Sent]) -> int | None:
    text = _shown(wanted)
    likeness = [SequenceMatcher(None, text, _shown(one.data)).ratio() for one in sent]
    return max(range(len(sent)), key=likeness.__getitem__, default=None)


def _difference(wanted: Any, sent: Any) -> str:
    lines = ndiff(_lines(wanted), _lines(sent))
    return "\n".join(line.rstrip("\n") for line in lines)


def _lines(value: Any) -> list[str]:
    """Return a value with each member of an object on a line, so that few lines differ."""
    if isinstance(value, dict):
        return [
            "{",
            *(f"  {key!r}: {member!r}," for key, member in sorted(value.items(), key=repr)),
            "}",
        ]
    return pformat(value, width=_WIDTH).splitlines()


def _shown(value: Any) -> str:
    return pformat(value, width=_WIDTH, sort_dicts=False)
