"""The records of the control plane: a tree of documents in the form of the API's responses.

Only here, JSON from AWS's API stays JSON: a record is kept, merged, listed and saved whole. The
data plane gets values made from it (`deployments.py`).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Final, TypeAlias

from ...core.errors import WebSocketsError

__all__ = [
    "Change",
    "ControlError",
    "JsonObject",
    "Record",
    "bad_request",
    "conflict",
    "not_found",
    "too_many_requests",
]

JsonObject: TypeAlias = dict[str, Any]


_NUMBERS: Final[Iterator[int]] = count()


@dataclass(slots=True)
class Record:
    """One resource and everything below it."""

    document: JsonObject = field(default_factory=dict)
    """Members as the API returns them, in their own spelling."""
    children: "dict[str, dict[str, Record]]" = field(default_factory=dict)
    """Records by collection and id, in the order they were created."""
    snapshot: JsonObject | None = None
    """Content of a deployment; other resources have none."""
    secret: str = field(default="", repr=False)
    """Key of a certificate, which no response shows."""
    settles_at: float = field(default=0.0, compare=False)
    """Moment at which a change has taken effect everywhere; not saved, a restart is one."""
    number: int = field(default_factory=_NUMBERS.__next__, compare=False)
    """Number that grows with every record made or read."""

    def below(self, collection: str) -> "dict[str, Record]":
        """Return the records of a collection, by id."""
        return self.children.setdefault(collection, {})

    def to_json(self) -> JsonObject:
        """Return the record as it is saved."""
        saved: JsonObject = {"document": self.document}
        if self.snapshot is not None:
            saved["snapshot"] = self.snapshot
        if self.secret:
            saved["secret"] = self.secret
        for collection, records in self.children.items():
            below = saved.setdefault("children", {}).setdefault(collection, {})
            below.update((key, record.to_json()) for key, record in records.items())
        return saved

    @classmethod
    def from_json(cls, saved: JsonObject) -> "Record":
        """Return the record that was saved.

        Raises:
            KeyError, TypeError, AttributeError: the JSON is not from `to_json`.
        """
        children = {
            collection: {key: cls.from_json(record) for key, record in records.items()}
            for collection, records in saved.get("children", {}).items()
        }
        return cls({**saved["document"]}, children, saved.get("snapshot"), saved.get("secret", ""))


@dataclass(frozen=True, slots=True)
class Change:
    """A change of a resource that the rules have to accept: creation, update or deletion."""

    root: Record
    """Record above all others."""
    parent: Record
    """Record that its collection is in; empty for an API or a domain name."""
    api: Record
    """API that it belongs to; an API belongs to itself, and a domain name to an empty one."""
    document: JsonObject
    """Document after the change; for a deletion, the document before."""
    given: JsonObject
    """Members that the caller gave."""
    own_id: str | None = None
    """Id of the resource; `None` while it has none."""

    def repeats(self, siblings: dict[str, Record], member: str) -> bool:
        """Tell whether another record already has the value of a member."""
        return any(
            record.document[member] == self.document[member]
            for own_id, record in siblings.items()
            if own_id != self.own_id
        )


class ControlError(WebSocketsError):
    """Error for a call of the control plane that is refused.

    Args:
        status: the HTTP status of the response.
        kind: the name of the exception in boto3.
        details: further members of the response.
    """

    def __init__(self, status: int, kind: str, message: str, **details: str) -> None:
        super().__init__(message)
        self.status = status
        self.kind = kind
        self.details = details


def bad_request(message: str) -> ControlError:
    """Make the error for a call that does not make sense."""
    return ControlError(400, "BadRequestException", message)


def not_found(message: str, *, resource_type: str = "") -> ControlError:
    """Make the error for a call that names something unknown."""
    details = {"resourceType": resource_type} if resource_type else {}
    return ControlError(404, "NotFoundException", message, **details)


def conflict(message: str) -> ControlError:
    """Make the error for a call that contradicts something that exists."""
    return ControlError(409, "ConflictException", message)


def too_many_requests(limit_type: str) -> ControlError:
    """Make the error for a caller that has used up its share.

    Args:
        limit_type: AWS's name of the limit.
    """
    return ControlError(429, "TooManyRequestsException", "Too Many Requests", limitType=limit_type)
