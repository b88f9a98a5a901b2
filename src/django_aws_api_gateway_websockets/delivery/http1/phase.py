"""The phases of a connection.

    CONNECTING ──▶ TUNNELING ──▶ HANDSHAKING ──▶ IDLE ──▶ SENDING ──▶ RECEIVING
                  (with a proxy)  (with TLS)      ▲                        │
                                                  └────────────────────────┘

`Establishment` goes through the first three, `Connection` through the others.
"""

from enum import Enum, auto

__all__ = ["Phase"]


class Phase(Enum):
    """Steps in the life of a connection."""

    CONNECTING = auto()
    """State while TCP is set up."""
    TUNNELING = auto()
    """State after the proxy was asked for a tunnel."""
    HANDSHAKING = auto()
    """State while TLS is set up."""
    IDLE = auto()
    """State in which a request may be sent."""
    SENDING = auto()
    """State in which part of a request is still to be sent."""
    RECEIVING = auto()
    """State after a request until its response is complete."""
