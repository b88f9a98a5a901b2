"""The wire protocol as a client speaks it: hello, subscriptions, requests, and who is there."""

import uuid
from collections.abc import Callable, Mapping
from itertools import count
from typing import Any

from ..core.wire_protocol import PROTOCOL_VERSION

__all__ = ["Conversation", "NoReplyError", "RefusedError"]


class RefusedError(Exception):
    """Django refused what a client asked for.

    Args:
        asked: what was asked for, in a word or two.
        error: as the reply has it.
    """

    def __init__(self, asked: str, error: Mapping[str, str]) -> None:
        self.code = str(error["code"])
        self.reason = str(error["message"])
        super().__init__(f"{asked} was refused: {self.reason} ({self.code})")


class NoReplyError(Exception):
    """No reply came to what a client asked for, and none will."""


class Conversation:
    """The frames that a client sends, and the replies to them.

    Args:
        send: sends a message, and returns the response to it.
        frames: returns the frames that have arrived.
    """

    def __init__(
        self, send: Callable[[Mapping[str, Any]], Any], frames: Callable[[], list[Any]]
    ) -> None:
        self._send = send
        self._frames = frames
        self.begin("action")

    def begin(self, selection_key: str) -> None:
        """Begin anew, on another connection.

        Args:
            selection_key: member of a message that names its handler.
        """
        self._key = selection_key
        self._ids = count(1)
        self._has_said_hello = False

    def subscribe(self, names: tuple[str, ...]) -> dict[str, Any]:
        """Subscribe to channels; return what the server says of each.

        Raises:
            RefusedError: the first of them that was refused.
        """
        positions = dict.fromkeys(names)
        if self._has_said_hello:
            told = self._ask("subscribe", "subscribing", channels=positions)
        else:
            told = self._say_hello(positions)
        channels: dict[str, Any] = told["channels"]
        for name, said in channels.items():
            if not said["ok"]:
                raise RefusedError(f"Channel {name!r}", said["error"])
        return channels

    def unsubscribe(self, names: tuple[str, ...]) -> None:
        """End subscriptions."""
        self._greet()
        self._ask("unsubscribe", "unsubscribing", channels=list(names))

    def publish(self, channel: str, data: Any) -> None:
        """Publish to a channel, where its rules let clients do so."""
        self._greet()
        self._ask("publish", f"publishing to {channel!r}", channel=channel, data=data)

    def request(self, action: str, values: Mapping[str, Any]) -> Any:
        """Send a message to a handler, and return what the handler returned."""
        self._greet()
        return self._ask(action, f"The request {action!r}", **values).get("data")

    def presence(self, channel: str) -> Any:
        """Return who is in a channel, as the frames so far tell it: members, or their number."""
        known: Any = None
        for frame in self._frames():
            if isinstance(frame, dict) and "ws" in frame:
                known = _follow(known, frame, channel)
        if known is None:
            raise LookupError(
                f"Nobody has told this client who is in {channel!r}: subscribe to it first, and "
                "let its declaration have presence."
            )
        return known["count"] if "members" not in known else list(known["members"])

    def _greet(self) -> None:
        if not self._has_said_hello:
            self._say_hello({})

    def _say_hello(self, channels: Mapping[str, None]) -> dict[str, Any]:
        self._has_said_hello = True
        client = str(uuid.uuid4())
        return self._ask("hello", "hello", ws=PROTOCOL_VERSION, client=client, channels=channels)

    def _ask(self, action: str, asked: str, **members: Any) -> dict[str, Any]:
        request_id = str(next(self._ids))
        before = len(self._frames())
        response = self._send({self._key: action, "id": request_id, **members})
        for frame in self._frames()[before:]:
            is_reply = isinstance(frame, dict) and frame.get("ws") == "reply"
            if is_reply and frame["id"] == request_id:
                if not frame["ok"]:
                    raise RefusedError(asked, frame["error"])
                return frame  # type: ignore[no-any-return]
        status = "nothing" if response is None else response.status_code
        raise NoReplyError(
            f"No reply came to {action!r}; Django responded with {status}. A socket that was made "
            "gone, throttled or slow gets its replies as late as everything else, or never."
        )


def _follow(known: Any, frame: dict[str, Any], channel: str) -> Any:
    """Return what is known of a channel's members after one more frame."""
    told = frame.get("channels")
    if frame["ws"] == "reply" and isinstance(told, dict):
        snapshot = told.get(channel, {}).get("presence")
        return snapshot or known
    if frame["ws"] != "presence" or frame["channel"] != channel:
        return known
    if "members" in frame or "count" in frame:
        return frame
    if known is None or frame["version"] <= known["version"]:
        return known
    if "members" not in known:
        number = known["count"] + len(frame["joined"]) - len(frame["left"])
        return {"version": frame["version"], "count": number}
    left = {member["id"] for member in frame["left"]}
    stay = [member for member in known["members"] if member["id"] not in left]
    return {"version": frame["version"], "members": [*stay, *frame["joined"]]}
