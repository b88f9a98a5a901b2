"""A change of the control plane, before it is made: what rules decide about."""

from dataclasses import dataclass

from .records import JsonObject, Record

__all__ = ["Change"]


@dataclass(frozen=True, slots=True)
class Change:
    """A resource about to be created, changed or deleted."""

    root: Record
    """What is above everything."""
    parent: Record
    """The record its collection is in; empty for an API or a domain name."""
    api: Record
    """The API it belongs to; an API belongs to itself, and what is in no API to an empty one."""
    document: JsonObject
    """What it will be, or was in a deletion."""
    given: JsonObject
    """What the caller said."""
    own_id: str | None = None
    """Its id; `None` while it has none."""
