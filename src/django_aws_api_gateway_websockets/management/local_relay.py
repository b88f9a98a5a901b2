"""The relay beside Django's own server, so that nobody has to start one while developing."""

import threading
import time

from ..channels.relay import POLL_SECONDS, Relay

__all__ = ["start_relay"]


def start_relay() -> None:
    """Start a relay that ends with the process."""
    threading.Thread(target=_run, name="websocketRelay", daemon=True).start()


def _run() -> None:
    time.sleep(POLL_SECONDS)
    Relay().run()
