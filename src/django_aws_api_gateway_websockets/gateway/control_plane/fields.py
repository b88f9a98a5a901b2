"""The members of a resource: name, kind, default."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from ..http.messages import HttpRequest
from .records import JsonObject, bad_request

__all__ = [
    "Field",
    "Kind",
    "anything",
    "body_of",
    "choice",
    "complaint_about",
    "constraints",
    "flag",
    "merge",
    "number",
    "objects",
    "present",
    "read_fields",
    "stage_variables",
    "text",
    "texts",
]

Complaint: TypeAlias = str | None
Kind: TypeAlias = Callable[[Any], Complaint]
"""Function that returns the mistake of a value, or `None`."""


def anything(value: Any) -> Complaint:
    """Accept any value."""
    return None


@dataclass(frozen=True, slots=True)
class Field:
    """One member of a resource that a caller may set."""

    name: str
    kind: Kind = anything
    is_required: bool = False
    default: Any = None
    """Value in a new resource when the caller gives none; `None` leaves the member out."""
    is_fixed: bool = False
    """True if it keeps its first value."""
    refusal: str = ""
    """Reason why a WebSocket API cannot have it here; only an empty value is accepted then."""


def text(shortest: int = 0, longest: int = 1024, *, pattern: str = "") -> Kind:
    """Accept a text of that many characters that matches the whole pattern, if there is one."""
    compiled = re.compile(pattern, re.DOTALL) if pattern else None

    def complain(value: Any) -> Complaint:
        if not isinstance(value, str):
            return "Member must be a string"
        if not shortest <= len(value) <= longest:
            return f"Member must have length between {shortest} and {longest}"
        if compiled is not None and not compiled.fullmatch(value):
            return f"Member must satisfy regular expression pattern: {pattern}"
        return None

    return complain


def number(lowest: int, highest: int) -> Kind:
    """Accept a whole number of that range."""

    def complain(value: Any) -> Complaint:
        if isinstance(value, bool) or not isinstance(value, int) or not lowest <= value <= highest:
            return f"Member must be a number between {lowest} and {highest}"
        return None

    return complain


def choice(*options: str) -> Kind:
    """Accept one of some texts."""

    def complain(value: Any) -> Complaint:
        if value not in options:
            return f"Member must satisfy enum value set: [{', '.join(options)}]"
        return None

    return complain


def flag(value: Any) -> Complaint:
    """Accept true or false."""
    return None if isinstance(value, bool) else "Member must be a boolean"


def texts(value: Any) -> Complaint:
    """Accept a map of texts."""
    if not isinstance(value, dict) or not all(isinstance(item, str) for item in value.values()):
        return "Member must be a map of strings"
    return None


def stage_variables(value: Any) -> Complaint:
    """Accept a map of texts, in the alphabets of stage variables.

    Source: https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid-stages.html
    """
    complaint = texts(value)
    if complaint is None and not all(
        re.fullmatch(r"\w+", name, re.ASCII) and re.fullmatch(r"[A-Za-z0-9._~:/?#&=,-]*", item)
        for name, item in value.items()
    ):
        return "Names must match [A-Za-z0-9_]+ and values [A-Za-z0-9-._~:/?#&=,]+"
    return complaint


def objects(value: Any) -> Complaint:
    """Accept any object, which has no effect here."""
    return None if isinstance(value, dict) else "Member must be a structure"


def constraints(value: Any) -> Complaint:
    """Accept a map that tells for each parameter whether it is required."""
    if isinstance(value, dict) and all(
        isinstance(item, dict) and isinstance(item.get("required", False), bool)
        for item in value.values()
    ):
        return None
    return "Member must be a map of structures"


def complaint_about(value: Any, kinds: Mapping[str, Kind]) -> Complaint:
    """Return the mistake of a structure with members of these kinds, or `None`."""
    if not isinstance(value, dict):
        return "Member must be a structure"
    for name, kind in kinds.items():
        if value.get(name) is not None and (complaint := kind(value[name])):
            return f"{name}: {complaint}"
    return None


def body_of(request: HttpRequest) -> JsonObject:
    """Parse the body of a call.

    Raises:
        ControlError: it is no JSON object.
    """
    try:
        body = json.loads(request.body or b"{}")
    except (ValueError, RecursionError):
        raise bad_request("The body is not JSON.") from None
    if not isinstance(body, dict):
        raise bad_request("The body is not a JSON object.")
    return body


def read_fields(fields: tuple[Field, ...], body: JsonObject, *, is_new: bool) -> JsonObject:
    """Return the checked members of a call, with defaults for a new resource; ignore unknown ones.

    A member that is cleared has its default again, or `None`. An empty text clears every member
    that need not be there: Terraform's provider for AWS does so with members whose shapes have a
    minimum length, and with those of an enumeration.

    Raises:
        ControlError: a member is missing or not of its kind; the text is from AWS's validation.
    """
    given: JsonObject = {}
    for field in fields:
        value = body.get(field.name)
        if value is None and is_new:
            value = field.default
        if value is None:
            if field.is_required and is_new:
                raise _violation(field.name, None, "Member must not be null")
            continue
        if field.is_fixed and not is_new:
            continue
        given[field.name] = field.default if _clears(field, value) else _checked(field, value)
    return given


def _clears(field: Field, value: Any) -> bool:
    if field.is_required:
        return False
    if field.refusal:
        return _is_nothing(value)
    return bool(value == "")


def _is_nothing(value: Any) -> bool:
    """Tell whether a value says nothing at all, such as a structure of empty texts."""
    entries = value.values() if isinstance(value, dict) else value
    if isinstance(entries, bool | int | float) or (isinstance(value, str) and value):
        return False
    return all(entry is None or _is_nothing(entry) for entry in entries)


def _checked(field: Field, value: Any) -> Any:
    if field.refusal:
        raise bad_request(f"{field.name[0].upper()}{field.name[1:]} {field.refusal}")
    complaint = field.kind(value)
    if complaint is not None:
        raise _violation(field.name, value, complaint)
    return value


def merge(before: JsonObject, given: JsonObject) -> JsonObject:
    """Return a document after a PATCH: maps are merged, and an empty text removes an entry.

    Terraform's provider for AWS removes request parameters and stage variables that way.
    """
    merged = {**before, **given}
    for name, value in given.items():
        if isinstance(value, dict):
            entries = {**before.get(name, {}), **value}
            merged[name] = {key: entry for key, entry in entries.items() if entry != ""}
    return present(merged)


def present(members: JsonObject) -> JsonObject:
    """Return the members that have a value."""
    return {name: value for name, value in members.items() if value is not None}


def _violation(name: str, value: Any, complaint: str) -> Exception:
    shown = "null" if value is None else f"'{str(value)[:60]}'"
    return bad_request(
        f"1 validation error detected: Value {shown} at '{name}' failed to satisfy constraint: "
        f"{complaint}"
    )
