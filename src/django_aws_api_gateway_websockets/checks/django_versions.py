"""A check of the version of Django, of which some let a client write API Gateway's headers."""

from typing import Any, Final

import django
from django.core.checks import CheckMessage, Error

__all__ = ["check_django_reads_headers_as_sent"]

_APP: Final = "django_aws_api_gateway_websockets"

_MENDED: Final = {(5, 2): (5, 2, 13), (6, 0): (6, 0, 4)}
"""First version of each series that tells `X_Amzn_…` from `X-Amzn-…` under ASGI."""


def check_django_reads_headers_as_sent(
    app_configs: Any = None, **kwargs: Any
) -> list[CheckMessage]:
    """Report E004: under ASGI a header with underscores passes for one of API Gateway's."""
    mended = find_mended_version(django.VERSION)
    if mended is None:
        return []
    return [
        Error(
            f"Under ASGI, Django {django.get_version()} takes a header that a client names with "
            "underscores for the one with hyphens, and so for API Gateway's own.",
            hint=f"Install Django {mended} or later.",
            id=f"{_APP}.E004",
        )
    ]


def find_mended_version(version: tuple[Any, ...]) -> str | None:
    """Return the version to go to; None for one that reads headers as they are sent.

    Source: https://docs.djangoproject.com/en/6.0/releases/6.0.4/
    """
    # A series before those has never been mended.
    mended = _MENDED.get(version[:2], min(_MENDED.values()))
    return ".".join(map(str, mended)) if version[:3] < mended else None
