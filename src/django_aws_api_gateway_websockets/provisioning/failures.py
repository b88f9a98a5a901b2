"""The failures of a call to AWS, and their names for people."""

from typing import Final

from botocore.exceptions import BotoCoreError, ClientError

from ..core.errors import ApiGatewaySyncError

__all__ = [
    "AWS_ERRORS",
    "ApiGatewaySyncError",
    "describe_error",
    "is_conflict",
    "is_not_found",
]

AWS_ERRORS: Final = (BotoCoreError, ClientError)
"""Errors boto3 raises: AWS refused or did not respond, or credentials are missing."""


def describe_error(error: BaseException) -> str:
    """Return the kind of an error, free of secrets: its class and, from AWS, its code."""
    kind = type(error).__name__
    return f"{kind}: {_code(error)}" if isinstance(error, ClientError) else kind


def is_not_found(error: Exception) -> bool:
    """Tell whether AWS says that the thing does not exist."""
    return _code(error) == "NotFoundException"


def is_conflict(error: Exception) -> bool:
    """Tell whether AWS says that the thing, or one in its place, exists already or is in use."""
    return _code(error) == "ConflictException"


def _code(error: BaseException) -> str:
    if not isinstance(error, ClientError):
        return ""
    return str(error.response.get("Error", {}).get("Code", "Unknown"))
