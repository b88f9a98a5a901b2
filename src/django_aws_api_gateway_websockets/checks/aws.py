"""Checks of what AWS needs from the settings: the gateway secret and the region."""

from typing import Any, Final

from botocore.exceptions import BotoCoreError
from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning  # noqa: A004 - the name Django gives it.

from ..aws.clients import get_region_name
from ..aws.integration_headers import GATEWAY_SECRET_PATTERN
from ..conf import get_websockets_config

__all__ = [
    "check_aws_region_is_set",
    "check_gateway_secret_format",
    "check_gateway_secret_is_set",
]

_APP: Final = "django_aws_api_gateway_websockets"


def check_gateway_secret_format(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """Report E001: a secret that could not be sent, or that anybody could guess."""
    configured = get_websockets_config().get("gateway_secret")
    if configured is None:
        return []
    secrets = configured if isinstance(configured, list | tuple) else [configured]
    if secrets and all(
        isinstance(secret, str) and GATEWAY_SECRET_PATTERN.fullmatch(secret) for secret in secrets
    ):
        return []
    return [
        Error(
            'WEBSOCKETS["gateway_secret"] must be 32 or more of the characters '
            "A-Z a-z 0-9 . _ ~ + / = - (or a list of such secrets).",
            hint=(
                'Make one with `python -c "import secrets; print(secrets.token_urlsafe(32))"`. '
                "A secret read from a file often ends in a newline: strip it."
            ),
            id=f"{_APP}.E001",
        )
    ]


def check_gateway_secret_is_set(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """Report W001: without a secret, anybody who reaches the view can pretend to be API Gateway."""
    if get_websockets_config().get("gateway_secret"):
        return []
    return [
        Warning(
            'WEBSOCKETS["gateway_secret"] is not set, so requests that do not come from your '
            "API Gateway cannot be told from those that do.",
            hint="Set it, then update the integrations of the APIs that exist already.",
            id=f"{_APP}.W001",
        )
    ]


def check_aws_region_is_set(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """Report W003: sending needs the region, from a setting or from the profile."""
    try:
        get_region_name()
    except BotoCoreError as error:
        reason = f", and AWS_IAM_PROFILE cannot be used: {error}"
    except RuntimeError:
        profile = getattr(settings, "AWS_IAM_PROFILE", None)
        reason = f", and the profile {profile!r} has no region." if profile else "."
    else:
        return []
    return [
        Warning(
            f"Neither AWS_GATEWAY_REGION_NAME nor AWS_REGION_NAME is set{reason}",
            hint='For example: AWS_GATEWAY_REGION_NAME = "eu-west-1".',
            id=f"{_APP}.W003",
        )
    ]
