"""The options of a broadcast, and the message they make of a project's data."""

import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias, TypedDict

from ...conf import get_broadcast_budget, get_broadcast_rate
from ...core.payload import encode
from ..messages import serialise_message
from .report import BroadcastReport

__all__ = ["BroadcastMessage", "BroadcastOptions", "Excluded", "Options", "Progress"]


class HasConnectionId(Protocol):
    """A session, or anything else that has the id of a connection."""

    @property
    def connection_id(self) -> str:
        """Id of the connection."""


Excluded: TypeAlias = HasConnectionId | str | Iterable[HasConnectionId | str]
"""Sessions or connection ids to leave out."""

Progress = Callable[[BroadcastReport], object]
"""Callable that gets the report while it fills."""


class BroadcastOptions(TypedDict, total=False):
    """The keyword arguments of `broadcast`, which explains them."""

    exclude: Excluded
    now: bool
    budget_units: int | None
    id_key: str | None
    per_second: int | None
    max_in_flight: int | None
    progress: Progress | None


@dataclass(frozen=True, slots=True)
class BroadcastMessage:
    """A message as it travels, and the id of its broadcast."""

    id: uuid.UUID
    """Id of the broadcast."""
    text: str
    """JSON text of the message."""

    @property
    def size_bytes(self) -> int:
        """Size of the text, in bytes of UTF-8."""
        return len(encode(self.text))


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The keyword arguments of `broadcast`, with their defaults.

    Raises:
        ValueError: `per_second` or `max_in_flight` is below 1.
    """

    exclude: Excluded = ()
    now: bool = False
    budget_units: int | None = None
    id_key: str | None = None
    per_second: int | None = None
    max_in_flight: int | None = None
    progress: Progress | None = None

    def __post_init__(self) -> None:
        for name in ("per_second", "max_in_flight"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ValueError(f"{name} is {value} and must be 1 or more, or None.")

    @property
    def budget(self) -> int | None:
        """Units it may take, where 0 is a budget, too; None sets no limit."""
        return get_broadcast_budget() if self.budget_units is None else self.budget_units

    @property
    def rate(self) -> int | None:
        """Posts that may begin in a second; None sets no limit."""
        return self.per_second or get_broadcast_rate()

    @property
    def excluded_ids(self) -> list[str]:
        """Ids of the connections to leave out."""
        if isinstance(self.exclude, str) or not isinstance(self.exclude, Iterable):
            several: Iterable[HasConnectionId | str] = [self.exclude]
        else:
            several = self.exclude
        return [one if isinstance(one, str) else one.connection_id for one in several]

    def message(self, data: Any) -> BroadcastMessage:
        """Return the message, with the id of a new broadcast in it where `id_key` asks for that.

        Raises:
            TypeError: `id_key` is set and the message has no members.
            ValueError: the message is too large or not JSON.
        """
        broadcast_id = uuid.uuid4()
        if self.id_key is None:
            return BroadcastMessage(broadcast_id, serialise_message(data))
        if not isinstance(data, Mapping):
            raise TypeError(
                f"The id of a broadcast travels as a member of the message, and a "
                f"{type(data).__name__} has none: send a dict, or leave out id_key."
            )
        members = {**data, self.id_key: str(broadcast_id)}
        return BroadcastMessage(broadcast_id, serialise_message(members))
