"""The test that runs, and its gateway: made for the first who asks, and gone when the test is over.

Nothing has to be said for that in a test case: the test is found on the stack, and under pytest by
the variable with its name.
"""

import inspect
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import Final
from unittest import TestCase

from .memory.gateway import MemoryGateway

__all__ = ["OutsideTestError", "current_gateway", "end_gateway", "kept_out"]

_PYTEST: Final = "PYTEST_CURRENT_TEST"
_FOR_ALL_TESTS: Final = frozenset({"setUpClass", "setUpTestData", "setUpModule"})


class OutsideTestError(RuntimeError):
    """The testing kit was used outside of a test, or beside the real gateway."""


@dataclass(slots=True)
class _Present:
    test: TestCase | str
    """The test case, or the name that pytest gives a test."""
    gateway: MemoryGateway


_present: _Present | None = None
_reason_against = ""


def current_gateway() -> MemoryGateway:
    """Return the gateway of the test that runs.

    Raises:
        OutsideTestError: no test runs, what runs is the setup of several, or the test has the real
            gateway.
    """
    if _reason_against:
        raise OutsideTestError(_reason_against)
    global _present  # noqa: PLW0603 - a process runs one test at a time.
    test = _find_test()
    # The case by its identity: two of one name are equal.
    if _present is not None and (_present.test is test or _present.test == test):
        return _present.gateway
    end_gateway()
    _present = _Present(test, MemoryGateway())
    _present.gateway.begin()
    if isinstance(test, TestCase):
        test.addCleanup(end_gateway)
    return _present.gateway


def end_gateway() -> None:
    """End the gateway there is, as its test is over."""
    global _present  # noqa: PLW0603
    if _present is not None:
        _present.gateway.end()
        _present = None


@contextmanager
def kept_out(reason: str) -> Iterator[None]:
    """Let no gateway be made within the block.

    Args:
        reason: the reason in words, for the error.

    Raises:
        OutsideTestError: the test that runs has one already.
    """
    global _reason_against  # noqa: PLW0603
    if _present is not None and _present.test == _find_test():
        raise OutsideTestError(reason)
    _reason_against = reason
    try:
        yield
    finally:
        _reason_against = ""


def _find_test() -> TestCase | str:
    test = _find_case(inspect.currentframe()) or _name_by_pytest()
    if test:
        return test
    raise OutsideTestError(
        "The testing kit is used within a test: in a test method or setUp() of a TestCase, or in a "
        "test or fixture of pytest. No test runs here."
    )


def _find_case(frame: FrameType | None) -> TestCase | None:
    while frame is not None:
        # Most frames have neither, and a copy of the local variables costs more than this look.
        code = frame.f_code
        if code.co_varnames[:1] == ("self",):
            found = frame.f_locals.get("self")
            if isinstance(found, TestCase):
                return found
        elif code.co_name in _FOR_ALL_TESTS:
            raise OutsideTestError(
                f"{code.co_name}() sets up several tests, and each has sockets and an outbox of "
                "its own: open clients in setUp(), or in the test."
            )
        frame = frame.f_back
    return None


def _name_by_pytest() -> str:
    """Return the name of the test, without the phase that it is in."""
    return os.environ.get(_PYTEST, "").rpartition(" ")[0] if "pytest" in sys.modules else ""
