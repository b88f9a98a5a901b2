"""Assertions on what is sent within a block, which print what was sent instead."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from .failure import describe_failure, describe_sent
from .memory.gateway import MemoryGateway
from .memory.sent import Sent, is_of_protocol
from .named_connections import NamedConnections
from .running_test import current_gateway

__all__ = ["assert_nothing_sent", "assert_sent"]

_ANYTHING: Final[Any] = object()


@contextmanager
def assert_sent(
    data: Any = _ANYTHING, *, to: Any = None, channel: str | None = None, times: int | None = None
) -> Iterator[list[Sent]]:
    """Assert that a message is sent within the block; gives a list that has those that match then.

    Args:
        data: the message, or of a published one its data; `unittest.mock.ANY` may stand for a part
            of it. Without it, any message of the project.
        to: everybody it must have reached, others aside: a client, session, user or connection id,
            or a list of these.
        channel: the channel it must have been published to, or all of whose connections it must
            have reached.
        times: number of messages that match; without it, one or more.

    Raises:
        AssertionError: it says what was sent instead, to whom, and how the nearest differs.
    """
    gateway = current_gateway()
    before, matching = len(gateway.sent), list[Sent]()
    yield matching
    sent, named = _sent_since(gateway, before), NamedConnections.of(to, channel)
    is_any = data is _ANYTHING
    matching += [one for one in sent if (is_any or data == one.data) and named.has_all_of(one)]
    if len(matching) == times if times is not None else matching:
        return
    whom, shown = named.describe(gateway.sockets.label), [] if is_any else [data]
    wanted = "No message was sent" if is_any else "This message was not sent"
    if times is not None:
        number = f"{len(matching)} {'time' if len(matching) == 1 else 'times'} and not {times}"
        wanted = f"{'A message' if is_any else 'This message'} was sent {number}"
    text = describe_failure(wanted, shown, sent, whom=whom, label=gateway.sockets.label)
    raise AssertionError(text)


@contextmanager
def assert_nothing_sent(*, to: Any = None, channel: str | None = None) -> Iterator[None]:
    """Assert that no message is sent within the block, or none that reaches any of these.

    Args:
        to: as in `assert_sent`.
        channel: likewise.

    Raises:
        AssertionError: it says what was sent, and to whom.
    """
    gateway = current_gateway()
    before = len(gateway.sent)
    yield
    named = NamedConnections.of(to, channel)
    sent = [one for one in _sent_since(gateway, before) if named.has_some_of(one)]
    if sent:
        whom = named.describe(gateway.sockets.label)
        text = f"Nothing was to be sent{f' {whom}' if whom else ''}."
        raise AssertionError(f"{text}\n{describe_sent(sent, gateway.sockets.label)}")


def _sent_since(gateway: MemoryGateway, number: int) -> list[Sent]:
    gateway.settle()
    return [one for one in gateway.sent[number:] if not is_of_protocol(one.frame)]
