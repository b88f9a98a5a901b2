"""The testing kit: sockets, an outbox and a clock for the tests of projects.

Nothing imports it but tests, and it imports everything. Its names are looked up at their first use,
because pytest loads the plugin in here also where there is no Django.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from ..aws.network_in_tests import NetworkInTestError as NetworkInTestError
    from ..aws.network_in_tests import allow_network as allow_network
    from .client import NotOpenError as NotOpenError
    from .client import WebSocketClient as WebSocketClient
    from .conversation import NoReplyError as NoReplyError
    from .conversation import RefusedError as RefusedError
    from .running_test import OutsideTestError as OutsideTestError

_PLACES: Final = {
    "NetworkInTestError": "..aws.network_in_tests",
    "NoReplyError": ".conversation",
    "NotOpenError": ".client",
    "OutsideTestError": ".running_test",
    "RefusedError": ".conversation",
    "WebSocketClient": ".client",
    "allow_network": "..aws.network_in_tests",
}

__all__ = list(_PLACES)


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_PLACES[name], __name__), name)
