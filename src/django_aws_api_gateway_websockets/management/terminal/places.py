"""The channels a client is in: where it is in each, who else is there, and what it has missed."""

from collections.abc import Iterator
from typing import Any, Final, TypeAlias

from .json_texts import explain_unsendable

__all__ = ["Places", "Position", "is_position"]

Position: TypeAlias = list[Any] | None
"""Epoch, number and tag; None in a channel without history."""

_NAMED: Final = 5
_HIGHEST_NUMBER: Final = 2**63


class Places:
    """The channels of one client, from connection to connection."""

    def __init__(self, wanted: dict[str, Position]) -> None:
        self.positions: dict[str, Position] = dict(wanted)
        """Position in each channel, by its name."""
        self._members: dict[str, dict[Any, str]] = {}

    def take(self, frame: dict[str, Any]) -> None:
        """Follow a frame of the protocol, but for replies."""
        name, kind = frame.get("channel"), frame.get("ws")
        if not isinstance(name, str):
            return
        if kind == "unsubscribed":
            self.leave([name])
        elif kind == "reset" and name in self.positions and is_position(frame.get("position")):
            self.positions[name] = frame["position"]
        elif kind == "message":
            self._advance(name, frame)
        elif kind == "messages":
            for message in _objects(frame.get("messages")):
                self._advance(name, message)
        elif kind == "presence":
            self._follow_presence(name, frame)

    def join(self, told: object) -> None:
        """Follow the channels of a reply to a hello, or to a subscribe."""
        for name, one in _items(told):
            if not one.get("ok"):
                self.leave([name])
                continue
            known, newest = self.positions.get(name), _position_of(one)
            # A client that has an older one gets the messages in between.
            if known is None or newest is None:
                self.positions[name] = newest
            self._remember(name, one)

    def leave(self, names: list[str]) -> None:
        """Forget channels."""
        for name in names:
            self.positions.pop(name, None)
            self._members.pop(name, None)

    def missed(self, told: object, *, away_seconds: float) -> Iterator[str]:
        """Yield a sentence for each channel about the time without a connection.

        Args:
            told: channels of the reply to the hello; `join` has not seen it yet.
            away_seconds: length of that time.
        """
        for name, one in _items(told):
            if not one.get("ok"):
                yield f"{name}: you are not in it any more. {_message_of(one)}".rstrip()
                continue
            yield f"{name}: {_missed(self.positions.get(name), _position_of(one), away_seconds)}"
            yield from self._moved(name, one)

    def _moved(self, name: str, told: dict[str, Any]) -> Iterator[str]:
        now = _members_of(told)
        if now is None or name not in self._members:
            return
        before = self._members[name]
        came = [text for key, text in now.items() if key not in before]
        went = [text for key, text in before.items() if key not in now]
        for texts, verb in ((came, "joined"), (went, "left")):
            if texts:
                more = f" and {len(texts) - _NAMED} more" if texts[_NAMED:] else ""
                yield f"{name}: {', '.join(texts[:_NAMED])}{more} {verb} meanwhile."

    def _advance(self, name: str, message: dict[str, Any]) -> None:
        known = self.positions.get(name)
        if known is None:
            return
        follower = [known[0], message.get("seq"), message.get("tag", "")]
        if is_position(follower) and follower[1] == known[1] + 1:
            self.positions[name] = follower

    def _remember(self, name: str, told: dict[str, Any]) -> None:
        members = _members_of(told)
        if members is not None:
            self._members[name] = members

    def _follow_presence(self, name: str, frame: dict[str, Any]) -> None:
        if "members" in frame:
            self._remember(name, {"presence": frame})
        elif name in self._members:
            for member in _objects(frame.get("joined")):
                self._members[name][_key(member)] = _label(member)
            for member in _objects(frame.get("left")):
                self._members[name].pop(_key(member), None)


def is_position(value: object) -> bool:
    """Tell whether a value has the form of a position in a channel with history."""
    return (
        isinstance(value, list)
        and [type(part) for part in value] == [str, int, str]
        # Others have so many digits that Python does not write them.
        and abs(value[1]) < _HIGHEST_NUMBER
        and not explain_unsendable(value)
    )


def _position_of(told: dict[str, Any]) -> Position:
    position = told.get("position")
    return position if isinstance(position, list) and is_position(position) else None


def _message_of(told: dict[str, Any]) -> str:
    error = told.get("error")
    message = error.get("message") if isinstance(error, dict) else None
    return message if isinstance(message, str) else ""


def _missed(known: Position, newest: Position, away_seconds: float) -> str:
    if newest is None:
        return f"it keeps no history; what was published in {away_seconds:.1f} s is lost."
    if known is None or known[0] != newest[0]:
        return "nobody can say what was missed: load the state anew."
    if (number := newest[1] - known[1]) <= 0:
        return "nothing was missed."
    return (
        f"{number} {'message' if number == 1 else 'messages'} missed, which the server sends now."
    )


def _members_of(told: dict[str, Any]) -> dict[Any, str] | None:
    presence = told.get("presence")
    if not isinstance(presence, dict) or "members" not in presence:
        return None
    return {_key(member): _label(member) for member in _objects(presence["members"])}


def _key(member: dict[str, Any]) -> str:
    return _text_of(member.get("id"))


def _label(member: dict[str, Any]) -> str:
    named = (_text_of(member.get(one)) for one in ("name", "username", "id"))
    return next(filter(None, named), "somebody")


def _text_of(value: object) -> str:
    """Return a name or a number as text; "" for anything else."""
    return str(value) if isinstance(value, str | int | float) else ""


def _objects(values: object) -> Iterator[dict[str, Any]]:
    if isinstance(values, list):
        yield from (value for value in values if isinstance(value, dict))


def _items(told: object) -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(told, dict):
        for name, one in told.items():
            # A name that cannot be sent would keep the next hello from being sent.
            if isinstance(one, dict) and not explain_unsendable(name):
                yield name, one
