"""Names the event in every line of a log, those of a project and of Django included."""

import logging
from typing import Final

from ..core.printable import one_line
from .current_event import CurrentEvent, current_event, event_of_request

__all__ = ["AddEvent"]

_NOBODY: Final = CurrentEvent()


class AddEvent(logging.Filter):
    """A filter for a handler in `LOGGING`; it lets every line pass, with these attributes added.

    `websocket_request`, `websocket_connection`, `websocket_api`, `websocket_event`,
    `websocket_handler`, `websocket_channel` and `websocket_user` are those of the event that is
    being handled, and "" outside of one. A format names them, as `%(websocket_request)s`; a
    formatter that writes JSON takes them by itself.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Add the attributes to a line."""
        event = current_event() or event_of_request(getattr(record, "request", None)) or _NOBODY
        # A project may allow any channel, and a text may be its users' primary key.
        record.websocket_request = event.request_id
        record.websocket_connection = event.connection_id
        record.websocket_api = event.api_id
        record.websocket_event = event.kind
        record.websocket_handler = event.handler
        record.websocket_channel = one_line(event.channel)
        record.websocket_user = one_line(event.user)
        return True
