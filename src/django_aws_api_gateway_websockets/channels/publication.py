"""Messages to a whole channel."""

from dataclasses import dataclass
from typing import Any

from ..core.wire_protocol import message_frame
from ..models.channel_audience import ChannelAudience
from ..sending.broadcast.options import Excluded, Options
from ..sending.broadcast.report import BroadcastReport
from ..sending.broadcast.run import send_broadcast

__all__ = ["Publication", "publish_to", "send_frame"]


@dataclass(frozen=True, slots=True)
class Publication:
    """A message that was published."""

    report: BroadcastReport
    """Report on its sending; inside a transaction it is filled after the commit."""
    position: tuple[str, int, str] | None = None
    """Its place in the history of the channel; None where there is none."""


def publish_to(
    channel_name: str,
    data: Any,
    *,
    key: str | None = None,
    exclude: Excluded = (),
    now: bool = False,
) -> Publication:
    """Publish to a channel by its name; `Channel.publish` says how.

    Raises:
        ValueError: the message is too large or not JSON, or `key` is given.
    """
    if key is not None:
        raise ValueError(
            f"Channel {channel_name!r} has no history, and without one nobody knows that a message "
            "is a repeat: leave out key=."
        )
    frame = message_frame(channel_name, data)
    return Publication(send_frame(channel_name, frame, exclude=exclude, now=now))


def send_frame(
    channel_name: str, frame: dict[str, Any], *, exclude: Excluded = (), now: bool = False
) -> BroadcastReport:
    """Send a frame of the protocol to everybody in a channel."""
    options = Options(exclude=exclude, now=now)
    audience = ChannelAudience(channel_name, without=options.excluded_ids)
    return send_broadcast(options.message(frame), audience, options)
