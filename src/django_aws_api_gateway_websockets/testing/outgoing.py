"""The messages that the code under test has sent, in the manner of `mail.outbox`."""

from collections.abc import Iterator, Sequence
from typing import Any, overload

from .memory.sent import Sent, is_of_protocol
from .running_test import current_gateway

__all__ = ["Outbox", "outbox"]


class Outbox(Sequence[Sent]):
    """The messages of the project that left Django in the test that runs, oldest first.

    Each is one however many got it. From the first look in a test on, messages come here.
    """

    @overload
    def __getitem__(self, index: int) -> Sent: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Sent]: ...
    def __getitem__(self, index: Any) -> Any:
        return self._messages()[index]

    def __len__(self) -> int:
        return len(self._messages())

    def __iter__(self) -> Iterator[Sent]:
        return iter(self._messages())

    def __repr__(self) -> str:
        return repr(self._messages())

    @property
    def frames(self) -> list[Sent]:
        """Everything that left, frames of the wire protocol such as presence among it."""
        gateway = current_gateway()
        gateway.settle()
        return list(gateway.sent)

    def clear(self) -> None:
        """Empty it; in a test that has no client, messages come here from now on."""
        current_gateway().sent.clear()

    def _messages(self) -> list[Sent]:
        return [one for one in self.frames if not is_of_protocol(one.frame)]


outbox = Outbox()
"""The outbox of the test that runs."""
