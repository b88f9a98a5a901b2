"""The patches in which the first API takes changes.

Source: https://docs.aws.amazon.com/apigateway/latest/api/patch-operations.html
"""

from typing import Any

from ..records import JsonObject, bad_request
from ..resources import Resource

__all__ = ["members_of_patches", "patches_in"]


def patches_in(body: JsonObject) -> list[JsonObject]:
    """Return the patches of a call.

    Raises:
        ControlError: they are no list of structures.
    """
    operations: Any = body.get("patchOperations") or []
    if not isinstance(operations, list) or not all(isinstance(one, dict) for one in operations):
        raise bad_request("PatchOperations must be a list of structures.")
    return operations


def members_of_patches(body: JsonObject, resource: Resource) -> JsonObject:
    """Return the members that the patches of a call replace.

    The texts were met on AWS with other resources of this API, with both spaces.

    Raises:
        ControlError: a patch does something else, or to something that cannot be changed.
    """
    paths = {f"/{field.name}": field.name for field in resource.fields if not field.is_fixed}
    members: JsonObject = {}
    for operation in patches_in(body):
        op, path = str(operation.get("op"))[:20], str(operation.get("path"))[:60]
        if path == "/targetArns":
            # https://github.com/hashicorp/terraform-provider-aws/pull/2512
            raise bad_request("Target arns are not allowed to be changed/added.")
        refused = f"Invalid patch path  '{path}' specified for op '{op}'."
        if op != "replace":
            raise bad_request(f"{refused} Please choose supported operations")
        if path not in paths:
            raise bad_request(f"{refused} Must be one of: [{', '.join(sorted(paths))}]")
        members[paths[path]] = operation.get("value") or ""
    return members
