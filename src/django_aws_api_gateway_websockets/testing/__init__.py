"""The testing kit: sockets, an outbox and a clock for the tests of projects.

Nothing imports it but tests, and it imports everything. Its names are looked up at their first use,
because pytest loads the plugin in here also where there is no Django. So no file in here may have
one of these names: a file that is imported takes its name in the package.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from ..aws.network_in_tests import NetworkInTestError as NetworkInTestError
    from ..aws.network_in_tests import allow_network as allow_network
    from .assertions import assert_nothing_sent as assert_nothing_sent
    from .assertions import assert_sent as assert_sent
    from .client import NotOpenError as NotOpenError
    from .client import WebSocketClient as WebSocketClient
    from .conversation import NoReplyError as NoReplyError
    from .conversation import RefusedError as RefusedError
    from .hand_clock import clock as clock
    from .live import LiveGateway as LiveGateway
    from .outgoing import outbox as outbox
    from .running_test import OutsideTestError as OutsideTestError

_PLACES: Final = {
    "LiveGateway": ".live",
    "NetworkInTestError": "..aws.network_in_tests",
    "NoReplyError": ".conversation",
    "NotOpenError": ".client",
    "OutsideTestError": ".running_test",
    "RefusedError": ".conversation",
    "WebSocketClient": ".client",
    "allow_network": "..aws.network_in_tests",
    "assert_nothing_sent": ".assertions",
    "assert_sent": ".assertions",
    "clock": ".hand_clock",
    "outbox": ".outgoing",
}

__all__ = list(_PLACES)


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_PLACES[name], __name__), name)
