"""Fixtures of the testing kit for pytest, which finds this module by its entry point.

Nothing of Django is imported before a test asks for a fixture.
"""

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

import pytest

if TYPE_CHECKING:
    from .client import WebSocketClient
    from .hand_clock import Clock
    from .live import LiveGateway
    from .outgoing import Outbox

__all__ = ["websocket_client", "websocket_clock", "websocket_gateway", "websocket_outbox"]

_TEST: Final = "django_aws_api_gateway_websockets.testing.running_test"


@pytest.fixture
def websocket_client(db: Any) -> "type[WebSocketClient]":
    """Give the class of clients: `websocket_client("/ws/", channel="lobby")` opens a socket."""
    from .client import WebSocketClient

    return WebSocketClient


@pytest.fixture
def websocket_outbox() -> "Outbox":
    """Give the outbox, empty; what is sent from now on comes into it."""
    from .outgoing import outbox

    outbox.clear()
    return outbox


@pytest.fixture
def websocket_clock() -> "Clock":
    """Give the clock, which stands still from now on."""
    from .hand_clock import clock

    clock.now()
    return clock


@pytest.fixture
def websocket_gateway(live_server: Any) -> "Iterator[LiveGateway]":
    """Give the real local gateway, in front of pytest-django's live server."""
    from .live import LiveGateway

    with LiveGateway(live_server.url) as gateway:
        yield gateway


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown() -> Iterator[None]:
    """End the gateway of a test when its fixtures have ended; of test cases, it has ended."""
    yield
    # Nobody has used the kit where it is not imported.
    if (module := sys.modules.get(_TEST)) is not None:
        module.end_gateway()
