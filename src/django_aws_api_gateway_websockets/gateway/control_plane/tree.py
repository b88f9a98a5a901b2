"""Paths of the control plane, and the places in the tree of records that they lead to."""

from dataclasses import dataclass
from typing import Final

from .absent import no_such_collection
from .records import ControlError, Record, not_found
from .resources import API, DOMAIN_NAME, ROOT, Resource

__all__ = ["Node", "find_node"]

ACCOUNT_ID: Final = "000000000000"
"""Account id of the caller, which AWS puts into one error text."""


@dataclass(frozen=True, slots=True)
class Node:
    """A collection of the tree, and one record in it if the path names one."""

    root: Record
    """Record above all others."""
    resource: Resource
    records: dict[str, Record]
    parent: Record | None
    """Record that the collection is in; `None` for the collections of APIs and domain names."""
    api: Record | None
    """API above, or the named one itself; `None` for resources outside of APIs."""
    own_id: str | None

    @property
    def record(self) -> Record:
        """Return the named record.

        Raises:
            ControlError: there is no such record.
        """
        record = self.records.get(self.own_id or "")
        if record is None:
            raise _unknown(self.resource, self.own_id or "")
        return record


def find_node(root: Record, segments: tuple[str, ...], *, top: Resource = ROOT) -> Node:
    """Find the node of a path, which names collections and ids in turn.

    Args:
        top: resource above all those that the path may name.

    Raises:
        ControlError: there is no such collection, or a record on the way does not exist.
    """
    resource, record = top, root
    parent: Record | None = None
    api: Record | None = None
    for index in range(0, len(segments), 2):
        child = resource.child(segments[index])
        if child is None:
            raise not_found(no_such_collection(segments[index:]))
        resource, records = child, record.below(child.collection)
        if index + 1 == len(segments):
            return Node(root, resource, records, parent, api, None)
        own_id = segments[index + 1]
        api = records.get(own_id) if resource is API else api
        node = Node(root, resource, records, parent, api, own_id)
        if index + 2 == len(segments):
            return node
        record = parent = node.record
    raise not_found("The path is empty.")


def _unknown(resource: Resource, own_id: str) -> ControlError:
    if resource is DOMAIN_NAME:
        return not_found("Invalid domain name identifier specified", resource_type=resource.name)
    account = f"{ACCOUNT_ID}:" if resource is API else ""
    return not_found(
        f"Invalid {resource.name} identifier specified {account}{own_id[:64]}",
        resource_type=resource.name,
    )
