"""The values that a form takes but AWS, or a client, could do nothing with.

Forms refuse them and models do not: code and databases of earlier releases may hold them.
"""

import re
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError

from ..aws.clients import get_region_name
from ..conf import uses_local_gateway
from ..core.errors import ExpressionError, MissingRegionError
from ..core.events.expressions import SelectionExpression
from ..receiving.called_paths import explain_base_path
from ..receiving.event import is_channel_name
from ..receiving.routed_views import RoutedView, find_socket_views

__all__ = ["GATEWAY_CHECKS", "ROUTE_CHECKS"]

Check = Callable[[Any], None]

_LONGEST_NAME: Final = 128
_EVENTS: Final = frozenset({"connect", "disconnect", "default"})
_PLACEHOLDERS: Final = re.compile(r"[<>{}]|%3c|%3e|%7b|%7d", re.IGNORECASE)
_STAGE: Final = re.compile(r"\$default|[A-Za-z0-9_-]+")
_API_ID: Final = re.compile(r"[a-z0-9]+")
_ZONE_ID: Final = re.compile(r"[A-Z0-9]+")
_CERTIFICATE: Final = re.compile(
    r"arn:aws(?:-[a-z-]+)?:acm:(?P<region>[a-z0-9-]+):\d{12}:certificate/[\w-]+"
)
_API_KEY: Final = re.compile(r"\$request\.header\.[\w-]+|\$context\.authorizer\.usageIdentifierKey")


def check_endpoint(url: str | None) -> None:
    """Refuse an address that has more than what stands before the route."""
    if not url:
        return
    _check_url(url)
    if "?" in url:
        raise ValidationError(
            f"The route is appended to this address, so it has no query: enter "
            f"{url.partition('?')[0]}"
        )
    parts = urlsplit(url)
    before, _, last = parts.path.rstrip("/").rpartition("/")
    is_routed = not explain_base_path(f"{parts.path.rstrip('/')}/")
    if last.removeprefix("$") in _EVENTS and not is_routed:
        base = f"{parts.scheme}://{parts.netloc}{before}/"
        raise ValidationError(
            f"API Gateway calls {base}connect, {base}disconnect and {base}default by itself: "
            f"leave “{last}” out and enter {base}"
        )


def check_integration_url(url: str | None) -> None:
    """Refuse an address that cannot be called exactly as it is."""
    if url:
        _check_url(url, is_base=False)


def _check_url(url: str, *, is_base: bool = True) -> None:
    if found := _PLACEHOLDERS.search(url):
        base = url[: found.start()].rpartition("/")[0] + "/"
        advice = f"leave the route out and enter {base}" if is_base else "write the route itself"
        raise ValidationError(
            f"API Gateway does not know Django's patterns: {advice}, without < > {{ }}."
        )
    if "#" in url:
        raise ValidationError("Leave out # and what follows: it is never sent to a server.")


def check_api_name(name: str) -> None:
    """Refuse a name AWS finds too long."""
    if len(name) > _LONGEST_NAME:
        raise ValidationError(f"AWS takes at most {_LONGEST_NAME} characters.")


def check_channel(channel: str) -> None:
    """Refuse a default channel that no client could name."""
    if not channel:
        return
    views = find_socket_views()
    if any(letter.isspace() or not letter.isprintable() for letter in channel):
        raise ValidationError("A channel has no blanks: use hyphens, such as general-chat.")
    if views and not any(_may_take(view, channel) for view in views):
        raise ValidationError(
            "No WebSocketView of this project takes this name: its CHANNEL_NAME_PATTERN says "
            "which names clients may use, usually letters, digits, hyphens and underscores."
        )


def _may_take(view: RoutedView, channel: str) -> bool:
    pattern = view.attribute("CHANNEL_NAME_PATTERN")
    longest = view.attribute("MAX_CHANNEL_NAME_LENGTH")
    if not isinstance(getattr(pattern, "pattern", None), str) or not isinstance(longest, int):
        # A property has its value in a request only, and E006 reports what is none of the kind.
        return True
    return is_channel_name(channel, pattern, longest)


def check_stage(stage: str) -> None:
    """Refuse the name of a stage that AWS refuses."""
    if stage and not _STAGE.fullmatch(stage):
        raise ValidationError(
            "A stage has letters, digits, hyphens and underscores only, such as production."
        )


def check_certificate(arn: str) -> None:
    """Refuse what is no certificate of ACM, or one of another region than the API's."""
    if not arn:
        return
    certificate = _CERTIFICATE.fullmatch(arn)
    if certificate is None:
        raise ValidationError(
            "Enter the whole ARN of a certificate in ACM, such as "
            "arn:aws:acm:eu-west-1:123456789012:certificate/…"
        )
    try:
        region = "" if uses_local_gateway() else get_region_name()
    except MissingRegionError:
        return
    if region and certificate["region"] != region:
        raise ValidationError(
            f"This certificate is in {certificate['region']} and the API in {region}: a custom "
            f"domain needs a certificate of {region}."
        )


def check_zone(zone: str) -> None:
    """Refuse what is no id of a hosted zone."""
    if zone and not _ZONE_ID.fullmatch(zone):
        raise ValidationError("Enter the id alone, such as Z2FDTNDATAQYW2, without /hostedzone/.")


def check_route_expression(expression: str) -> None:
    """Refuse an expression that selects no route."""
    try:
        selection = SelectionExpression.parse(expression)
    except ExpressionError as error:
        raise ValidationError(str(error)) from error
    if all(isinstance(part, str) for part in selection.parts):
        raise ValidationError(
            "This is the same for every message, so it selects nothing: write "
            "$request.body.NAME, such as $request.body.action."
        )


def check_api_key_expression(expression: str) -> None:
    """Refuse an expression that AWS does not know for API keys."""
    if not _API_KEY.fullmatch(expression):
        raise ValidationError(
            "AWS takes $request.header.x-api-key or $context.authorizer.usageIdentifierKey."
        )


def check_tags(tags: Any) -> None:
    """Refuse everything but an object of texts."""
    if not isinstance(tags, dict):
        raise ValidationError('Enter an object such as {"team": "chat"}.')
    if not all(isinstance(value, str) for value in tags.values()):
        raise ValidationError('Put each value in quotes, as in {"cost-centre": "42"}.')


def check_api_id(api_id: str) -> None:
    """Refuse what is no id of an API."""
    if api_id and not _API_ID.fullmatch(api_id):
        raise ValidationError("Enter the id alone, such as a1b2c3d4e5, without wss:// and region.")


def check_route_key(key: str) -> None:
    """Refuse the routes every API has already."""
    if key.removeprefix("$") in _EVENTS and key.startswith("$"):
        raise ValidationError(f"Every API has its {key} route already; the view serves it.")


GATEWAY_CHECKS: Final[dict[str, Check]] = {
    "api_name": check_api_name,
    "target_base_endpoint": check_endpoint,
    "default_channel_name": check_channel,
    "stage_name": check_stage,
    "certificate_arn": check_certificate,
    "hosted_zone_id": check_zone,
    "route_selection_expression": check_route_expression,
    "api_key_selection_expression": check_api_key_expression,
    "tags": check_tags,
    "api_id": check_api_id,
}
"""Checks of the fields of an API, by their names."""

ROUTE_CHECKS: Final[dict[str, Check]] = {
    "route_key": check_route_key,
    "integration_url": check_integration_url,
}
"""Checks of the fields of a route, by their names."""
