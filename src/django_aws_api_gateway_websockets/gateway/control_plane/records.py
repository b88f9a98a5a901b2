"""What the control plane keeps: documents in a tree, as the API answers them.

This is the one place where JSON from AWS's API stays JSON: a record is kept, merged, listed and
saved whole, and the data plane gets values made from it (`deployments.py`).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Final, TypeAlias

from ...core.errors import WebSocketsError

__all__ = [
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
    """The members the API answers with, in their own spelling."""
    children: "dict[str, dict[str, Record]]" = field(default_factory=dict)
    """Records by collection and id, in the order they were created."""
    snapshot: JsonObject | None = None
    """What a deployment holds; nothing else has one."""
    number: int = field(default_factory=_NUMBERS.__next__, compare=False)
    """Higher than that of every record made or read before it."""

    def below(self, collection: str) -> "dict[str, Record]":
        """The records of a collection, by id."""
        return self.children.setdefault(collection, {})

    def to_json(self) -> JsonObject:
        """The record as it is saved."""
        saved: JsonObject = {"document": self.document}
        if self.snapshot is not None:
            saved["snapshot"] = self.snapshot
        for collection, records in self.children.items():
            below = saved.setdefault("children", {}).setdefault(collection, {})
            below.update((key, record.to_json()) for key, record in records.items())
        return saved

    @classmethod
    def from_json(cls, saved: JsonObject) -> "Record":
        """The record that was saved.

        Raises:
            KeyError, TypeError, AttributeError: this is not what `to_json` gives.
        """
        children = {
            collection: {key: cls.from_json(record) for key, record in records.items()}
            for collection, records in saved.get("children", {}).items()
        }
        return cls({**saved["document"]}, children, saved.get("snapshot"))


class ControlError(WebSocketsError):
    """A call of the control plane that is refused.

    Args:
        status: the HTTP status of the answer.
        kind: the name of the exception, as boto3 knows it.
        details: what the answer says beside the message.
    """

    def __init__(self, status: int, kind: str, message: str, **details: str) -> None:
        super().__init__(message)
        self.status = status
        self.kind = kind
        self.details = details


def bad_request(message: str) -> ControlError:
    """The call does not make sense."""
    return ControlError(400, "BadRequestException", message)


def not_found(message: str, *, resource_type: str = "") -> ControlError:
    """The call names something that does not exist."""
    details = {"resourceType": resource_type} if resource_type else {}
    return ControlError(404, "NotFoundException", message, **details)


def conflict(message: str) -> ControlError:
    """The call contradicts something that exists."""
    return ControlError(409, "ConflictException", message)


def too_many_requests(limit_type: str) -> ControlError:
    """The caller has used its share up.

    Args:
        limit_type: which of AWS's limits that was.
    """
    return ControlError(429, "TooManyRequestsException", "Too Many Requests", limitType=limit_type)
