"""The channels a client is in: where it is in each, who else is there, and what it has missed."""

from collections.abc import Iterator
from typing import Any, Final, TypeAlias

__all__ = ["Places", "Position", "is_position"]

Position: TypeAlias = list[Any] | None
"""Epoch, number and tag; None in a channel without history."""

_NAMED: Final = 5


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
        elif kind == "reset" and is_position(frame.get("position")):
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
            known, newest = self.positions.get(name), one.get("position")
            # Where the client has an older one, what is in between follows.
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
                said = (one.get("error") or {}).get("message", "")
                yield f"{name}: you are not in it any more. {said}".rstrip()
                continue
            yield f"{name}: {_missed(self.positions.get(name), one.get('position'), away_seconds)}"
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
        known, number = self.positions.get(name), message.get("seq")
        if known is not None and isinstance(number, int) and number == known[1] + 1:
            self.positions[name] = [known[0], number, message.get("tag", "")]

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
    return isinstance(value, list) and [type(part) for part in value] == [str, int, str]


def _missed(known: Position, newest: object, away_seconds: float) -> str:
    if not is_position(newest):
        return f"it keeps no history; what was published in {away_seconds:.1f} s is lost."
    if known is None or not isinstance(newest, list) or known[0] != newest[0]:
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
    return str(member.get("id"))


def _label(member: dict[str, Any]) -> str:
    return str(member.get("name") or member.get("username") or member.get("id"))


def _objects(values: object) -> Iterator[dict[str, Any]]:
    if isinstance(values, list):
        yield from (value for value in values if isinstance(value, dict))


def _items(told: object) -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(told, dict):
        yield from ((str(name), one) for name, one in told.items() if isinstance(one, dict))
