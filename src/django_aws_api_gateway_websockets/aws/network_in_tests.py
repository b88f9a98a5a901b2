"""The network while tests run: nothing is posted to it unless a test says that it means to.

Django's own mark of a test environment says whether tests run, under its runner and under
pytest-django alike. Outside of one, nothing here does anything.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ..core.authority import read_url_authority
from .advice import listens

__all__ = ["NetworkInTestError", "allow_network", "is_test_running", "refuse_network"]

_allowed = 0


class NetworkInTestError(BaseException):
    """A test was about to post over the network.

    No `Exception`, as pytest's own failures are none: this package logs what it cannot send at many
    places, and the test would never hear of it.
    """

    def __init__(self, url: str) -> None:
        super().__init__(
            f"This test was about to post to {url}, and tests post nothing over the network. Let "
            "the testing kit take it, django_aws_api_gateway_websockets.testing: open a "
            "WebSocketClient, or send within `with assert_sent(...):`. If the test means the "
            "network, say so: `with allow_network():`, which the kit has, too."
        )


def is_test_running() -> bool:
    """Tell whether Django's test environment is set up in this process."""
    # It is not imported for this: in production nobody has.
    utils: Any = sys.modules.get("django.test.utils")
    return utils is not None and hasattr(utils._TestState, "saved_data")  # noqa: SLF001 - there is no public name.


@contextmanager
def allow_network() -> Iterator[None]:
    """Let what is sent within the block reach the network, as it does in production.

    It holds in every thread, such as those of a live server.
    """
    global _allowed  # noqa: PLW0603 - tests are one to a process.
    _allowed += 1
    try:
        yield
    finally:
        _allowed -= 1


def refuse_network(url: str) -> None:
    """Refuse to post to an address while tests run; a local gateway that is there may be told.

    Raises:
        NetworkInTestError: nothing of this machine listens there, and nobody has allowed it.
    """
    if _allowed or not is_test_running():
        return
    authority = read_url_authority(url)
    if authority is None or not authority.is_loopback:
        raise NetworkInTestError(url)
    if not listens(authority.host, authority.port or 80):
        raise NetworkInTestError(url)
