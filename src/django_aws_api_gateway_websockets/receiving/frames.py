"""The frames of the wire protocol that a client sends, read and checked."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final, cast

from ..core.wire_protocol import CLIENT_ACTIONS, PROTOCOL_VERSION, ErrorCode, RequestId
from ..models import WebSocketSession

__all__ = [
    "ClientFrame",
    "FrameError",
    "find_action",
    "read_frame",
    "reply_id_of",
    "request_id_of",
]

LONGEST_ID: Final = 64
"""Characters of an id that a client gives to a frame, and to itself."""


_CLIENT_ID: Final = re.compile(rf"[!-~]{{1,{LONGEST_ID}}}")


class FrameError(Exception):
    """A frame cannot be carried out.

    Args:
        code: for programs.
        message: for people.
    """

    def __init__(self, code: ErrorCode, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True)
class ClientFrame:
    """A frame of the protocol from a client."""

    action: str
    """One of `hello`, `subscribe`, `unsubscribe` and `publish`."""
    id: RequestId | None
    """The id the client chose for it; None where it wants no reply."""
    channels: list[object] = field(default_factory=list)
    """Names of channels, not checked yet."""
    client: str = ""
    """The id the client gives itself; only in a hello."""
    data: Any = None
    """The data to publish."""


def find_action(values: dict[str, Any], keys: Iterable[str], session: WebSocketSession) -> str:
    """Name the action of the protocol that a message asks for; "" when it is the application's.

    A client that has said hello speaks the protocol. Of others a message must look like a frame in
    every respect: an application may use these words in messages of its own.
    """
    named = (values.get(key) for key in keys)
    action = next((name for name in named if name in CLIENT_ACTIONS), "")
    if not action or session.client_id or _is_frame(action, values):
        return action
    return ""


def read_frame(action: str, values: dict[str, Any]) -> ClientFrame:
    """Return the frame of a message.

    Raises:
        FrameError: a member is missing or has another form.
    """
    read = {"hello": _hello, "subscribe": _subscribe, "unsubscribe": _unsubscribe}
    return read.get(action, _publish)(values)


def request_id_of(values: dict[str, Any]) -> RequestId | None:
    """Return the id a client gave to a message; None where it has none that could come back."""
    given = values.get("id")
    # A text that cannot be printed never comes back: half a surrogate pair could not be sent.
    if isinstance(given, str) and 0 < len(given) <= LONGEST_ID and given.isprintable():
        return given
    return given if isinstance(given, int) and not isinstance(given, bool) else None


def reply_id_of(values: dict[str, Any]) -> RequestId:
    """Return the id that a reply to a message has; "" where the client gave none."""
    given = request_id_of(values)
    return "" if given is None else given


def _is_frame(action: str, values: dict[str, Any]) -> bool:
    if request_id_of(values) is None:
        return False
    if action == "hello":
        return "ws" in values
    if action == "publish":
        return isinstance(values.get("channel"), str) and "data" in values
    return isinstance(values.get("channels"), dict if action == "subscribe" else list)


def _hello(values: dict[str, Any]) -> ClientFrame:
    version, client = values.get("ws"), values.get("client")
    if version != PROTOCOL_VERSION or isinstance(version, bool):
        raise FrameError(
            ErrorCode.BAD_FRAME, f"ws must be {PROTOCOL_VERSION}, the version spoken here."
        )
    if not isinstance(client, str) or not _CLIENT_ID.fullmatch(client):
        raise FrameError(
            ErrorCode.BAD_FRAME,
            f"client must be 1 to {LONGEST_ID} letters, digits and signs of ASCII.",
        )
    channels = values.get("channels", {})
    return ClientFrame("hello", request_id_of(values), _names_of(channels, dict), client=client)


def _subscribe(values: dict[str, Any]) -> ClientFrame:
    names = _names_of(values.get("channels"), dict)
    return ClientFrame("subscribe", request_id_of(values), names)


def _unsubscribe(values: dict[str, Any]) -> ClientFrame:
    names = _names_of(values.get("channels"), list)
    return ClientFrame("unsubscribe", request_id_of(values), names)


def _publish(values: dict[str, Any]) -> ClientFrame:
    if "data" not in values:
        raise FrameError(ErrorCode.BAD_FRAME, "data is missing: it is what is published.")
    names = [values.get("channel")]
    return ClientFrame("publish", request_id_of(values), names, data=values["data"])


def _names_of(channels: Any, form: type) -> list[object]:
    if not isinstance(channels, form):
        shape = "an object, names with positions" if form is dict else "a list of names"
        raise FrameError(ErrorCode.BAD_FRAME, f"channels must be {shape}.")
    positions = channels.values() if isinstance(channels, dict) else ()
    names: list[object] = list(cast("Iterable[object]", channels))
    if not all(isinstance(name, str) and name.isprintable() for name in names):
        raise FrameError(ErrorCode.BAD_FRAME, "The name of a channel is a text one can read.")
    if not all(map(_is_position, positions)):
        raise FrameError(
            ErrorCode.BAD_FRAME, "A position is null, or epoch, number and tag in a list."
        )
    return names


def _is_position(value: object) -> bool:
    if value is None:
        return True
    return (
        isinstance(value, list)
        and [type(part) for part in value] == [str, int, str]
        and value[1] >= 0
    )
