"""The views projects subclass and route; the documented door to `receiving`."""

from .receiving.token_view import WebSocketTokenView
from .receiving.view import WebSocketView, logger

__all__ = ["WebSocketTokenView", "WebSocketView", "logger"]
