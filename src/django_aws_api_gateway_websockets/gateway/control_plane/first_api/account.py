"""The account's settings: what WebSocket APIs need of API Gateway's first API, `apigateway`.

Source: https://docs.aws.amazon.com/apigateway/latest/api/API_UpdateAccount.html
"""

import re
from typing import Final

from ....core.quotas import REQUESTS_AT_ONCE, REQUESTS_PER_SECOND
from ...http.messages import HttpRequest, HttpResponse, json_response
from ..fields import body_of
from ..records import JsonObject, Record, bad_request, not_found
from .patches import patches_in

__all__ = ["ACCOUNT", "respond_for_account"]

ACCOUNT: Final = "account"
"""Path of these calls, and the collection with the one record of them."""

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


def respond_for_account(root: Record, request: HttpRequest) -> HttpResponse:
    """Return the response to a call that reads or changes the account.

    Raises:
        ControlError: the call changes what cannot be changed.
    """
    settings = {**_DEFAULTS, **_saved_settings(root)}
    match request.method:
        case "GET":
            pass
        case "PATCH":
            for operation in patches_in(body_of(request)):
                settings = _with_operation(settings, operation)
            root.below(ACCOUNT)[ACCOUNT] = Record(settings)
        case _:
            raise not_found(f"There is no {request.method} for the account.")
    return json_response(200, settings)


def _saved_settings(root: Record) -> JsonObject:
    saved = root.below(ACCOUNT).get(ACCOUNT)
    return {} if saved is None else saved.document


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
