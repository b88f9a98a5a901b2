"""Where in the tree of records a path of the control plane leads."""

from dataclasses import dataclass
from typing import Final

from .records import ControlError, Record, not_found
from .resources import API, API_COLLECTION, Resource

__all__ = ["Place", "find_place"]

ACCOUNT_ID: Final = "000000000000"
"""AWS puts the caller's account into one error text."""


@dataclass(frozen=True, slots=True)
class Place:
    """A collection of the tree, and one record in it if the path names one."""

    resource: Resource
    records: dict[str, Record]
    api: Record | None
    """The API above, or the named one itself; `None` for the collection of APIs."""
    own_id: str | None

    @property
    def record(self) -> Record:
        """The named record.

        Raises:
            ControlError: there is no such record.
        """
        record = self.records.get(self.own_id or "")
        if record is None:
            raise _unknown(self.resource, self.own_id or "")
        return record


def find_place(root: Record, segments: tuple[str, ...]) -> Place:
    """The place that collections and ids, taking turns, lead to.

    Raises:
        ControlError: there is no such collection, or a record on the way does not exist.
    """
    resource, record = API_COLLECTION, root
    api: Record | None = None
    for index in range(0, len(segments), 2):
        child = resource.child(segments[index])
        if child is None:
            raise not_found(f"The local gateway has no {segments[index]!r} at this place.")
        resource, records = child, record.below(child.collection)
        if index + 1 == len(segments):
            return Place(resource, records, api, None)
        own_id = segments[index + 1]
        api = api if index else records.get(own_id)
        if index + 2 == len(segments):
            return Place(resource, records, api, own_id)
        record = Place(resource, records, api, own_id).record
    raise not_found("The path is empty.")


def _unknown(resource: Resource, own_id: str) -> ControlError:
    account = f"{ACCOUNT_ID}:" if resource is API else ""
    return not_found(f"Invalid {resource.name} identifier specified {account}{own_id[:64]}")
