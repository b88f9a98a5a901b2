"""The frames of the wire protocol between this package and its clients.

A frame of the protocol is an object with the member `ws`; all others belong to the application.
The page docs/reference/wire-protocol.md describes them for those who write a client.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, Final, TypeAlias

__all__ = [
    "CLIENT_ACTIONS",
    "MAX_CHANNELS",
    "PROTOCOL_VERSION",
    "ErrorCode",
    "Frame",
    "RequestId",
    "advice_frame",
    "error",
    "message_frame",
    "presence_frame",
    "reply_error",
    "reply_ok",
    "unsubscribed_frame",
]

PROTOCOL_VERSION: Final = 1
"""Version a client names in its hello."""

MAX_CHANNELS: Final = 128
"""Channels a connection may be in, unless a setting says otherwise."""

CLIENT_ACTIONS: Final = ("hello", "subscribe", "unsubscribe", "publish")
"""Names of handlers that the protocol has; a project's own handler of that name wins."""

Frame = dict[str, Any]

RequestId: TypeAlias = str | int
"""The id a client chose for its frame; it comes back as it was."""


class ErrorCode(StrEnum):
    """The codes of errors in a reply."""

    BAD_FRAME = "bad_frame"
    """A member of the frame is missing or has no form the protocol knows."""
    FORBIDDEN = "forbidden"
    """The rules of the channel, or of the handler, do not admit the user."""
    HANDLER_FAILED = "handler_failed"
    """The handler raised an exception, or what a frame needed failed."""
    HISTORY_UNAVAILABLE = "history_unavailable"
    """The frame asks for what only channels with history have."""
    RATE_LIMITED = "rate_limited"
    """Too many frames of this kind came within a short time."""
    REFUSED = "refused"
    """The handler refused the message; the text is its own."""
    TOO_LARGE = "too_large"
    """The message is larger than API Gateway takes."""
    TOO_MANY_CHANNELS = "too_many_channels"
    """The connection would be in more channels than it may."""
    UNKNOWN_ACTION = "unknown_action"
    """No handler has the name that the message gives."""
    UNKNOWN_CHANNEL = "unknown_channel"
    """Nothing knows a channel of this name."""


def message_frame(channel: str, data: Any) -> Frame:
    """Return the frame of a message that was published to a channel."""
    return {"ws": "message", "channel": channel, "data": data}


def presence_frame(
    channel: str,
    version: int,
    *,
    joined: Sequence[Mapping[str, Any]] = (),
    left: Sequence[Mapping[str, Any]] = (),
    members: Sequence[Mapping[str, Any]] | None = None,
    count: int | None = None,
) -> Frame:
    """Return the frame of a change of presence.

    Args:
        channel: name of the channel.
        version: number of the change; each is one above the last.
        joined: members that came, as a project describes them.
        left: members that went.
        members: all there are, in place of those that came and went.
        count: number of members; given where members are counted and not named.
    """
    frame: Frame = {"ws": "presence", "channel": channel, "version": version}
    if count is not None:
        return frame | {"count": count}
    if members is not None:
        return frame | {"members": list(members)}
    return frame | {"joined": list(joined), "left": list(left)}


def unsubscribed_frame(channel: str, reason: str) -> Frame:
    """Return the frame that tells a client that the server took it out of a channel."""
    return {"ws": "unsubscribed", "channel": channel, "reason": reason}


def advice_frame(reason: str, *, reconnect: float | bool) -> Frame:
    """Return the frame that comes before the server closes.

    Args:
        reason: in words.
        reconnect: False asks the client to stay away; seconds ask it to come back after them.
    """
    return {"ws": "advice", "reconnect": reconnect, "reason": reason}


def reply_ok(request_id: RequestId, **members: Any) -> Frame:
    """Return the reply to a frame that was carried out."""
    return {"ws": "reply", "id": request_id, "ok": True, **members}


def reply_error(request_id: RequestId, code: ErrorCode, message: str) -> Frame:
    """Return the reply to a frame that was not carried out.

    Args:
        request_id: the id the client chose.
        code: for programs.
        message: for people.
    """
    return {"ws": "reply", "id": request_id, "ok": False, "error": error(code, message)}


def error(code: ErrorCode, message: str) -> Frame:
    """Return the member that says why something was not carried out."""
    return {"code": code.value, "message": message}
