"""The account's settings: what WebSocket APIs need of API Gateway's first API, `apigateway`.

Source: https://docs.aws.amazon.com/apigateway/latest/api/API_UpdateAccount.html
"""

import re
from typing import Any, Final

from ...core.quotas import REQUESTS_AT_ONCE, REQUESTS_PER_SECOND
from ..http.messages import HttpRequest, HttpResponse, json_response
from .absent import no_such_collection
from .fields import body_of
from .records import JsonObject, Record, bad_request, not_found

__all__ = ["respond_for_account"]

_ACCOUNT: Final = "account"
_ROLE: Final = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:role/.+")
_ROLE_PATH: Final = "/cloudwatchRoleArn"
_FEATURES_PATH: Final = "/features"
_USAGE_PLANS: Final = "UsagePlans"

_DEFAULTS: Final[JsonObject] = {
    "apiKeyVersion": "4",
    "features": [_USAGE_PLANS],
    "throttleSettings": {
        "burstLimit": REQUESTS_AT_ONCE,
        "rateLimit": float(REQUESTS_PER_SECOND),
    },
}


def respond_for_account(
    root: Record, request: HttpRequest, segments: tuple[str, ...]
) -> HttpResponse:
    """Return the response to a call of the first API, which may change the account.

    Raises:
        ControlError: the call is not about the account, or changes what cannot be changed.
    """
    if segments != (_ACCOUNT,):
        raise not_found(no_such_collection(segments[0]))
    settings = {**_DEFAULTS, **_saved_settings(root)}
    match request.method:
        case "GET":
            pass
        case "PATCH":
            settings = _patched(settings, body_of(request).get("patchOperations") or [])
            root.below(_ACCOUNT)[_ACCOUNT] = Record(settings)
        case _:
            raise not_found(f"There is no {request.method} for the account.")
    return json_response(200, settings)


def _saved_settings(root: Record) -> JsonObject:
    saved = root.below(_ACCOUNT).get(_ACCOUNT)
    return {} if saved is None else saved.document


def _patched(settings: JsonObject, operations: Any) -> JsonObject:
    if not isinstance(operations, list) or not all(isinstance(one, dict) for one in operations):
        raise bad_request("PatchOperations must be a list of structures.")
    for operation in operations:
        settings = _with_operation(settings, operation)
    return settings


def _with_operation(settings: JsonObject, operation: JsonObject) -> JsonObject:
    value = operation.get("value") or ""
    match operation.get("op"), operation.get("path"):
        case ("replace", "/cloudwatchRoleArn"):
            return _with_role(settings, str(value))
        case ("remove", "/cloudwatchRoleArn"):
            return _with_role(settings, "")
        case ("add", "/features") if value == _USAGE_PLANS:
            return {**settings, "features": [_USAGE_PLANS]}
        case ("remove", "/features") if value == _USAGE_PLANS:
            return {**settings, "features": []}
        case op, path:
            raise bad_request(
                f"Invalid patch path '{str(path)[:60]}' specified for op '{str(op)[:20]}': replace "
                f"{_ROLE_PATH}, or add {_USAGE_PLANS} to {_FEATURES_PATH}."
            )


def _with_role(settings: JsonObject, role: str) -> JsonObject:
    if role and not _ROLE.fullmatch(role):
        raise bad_request(
            "CloudwatchRoleArn is not the ARN of a role, such as arn:aws:iam::123456789012:role/log"
        )
    others = {name: value for name, value in settings.items() if name != "cloudwatchRoleArn"}
    return {**others, "cloudwatchRoleArn": role} if role else others
