"""The actions for selected APIs.

Every action says what it did to each API, also where there was nothing to do.

A `ValueError` of the models and an error of the package are written for people and shown as they
are. Of every other failure the page shows the kind and what to do: AWS's own text can name
accounts, roles and resources.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

from botocore.exceptions import BotoCoreError, ClientError
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from ..aws.failures import explain_failure, name_failure
from ..models import ApiGateway, ApiGatewaySyncError
from .base import ModelAdmin

__all__ = [
    "create_api_gateway",
    "create_custom_domain",
    "explain_dns",
    "sync_from_aws",
    "sync_to_aws",
]

logger = logging.getLogger("django_aws_api_gateway_websockets.admin")

Gateways: TypeAlias = QuerySet[ApiGateway]

_EXPECTED_ERRORS: Final = (ValueError, ApiGatewaySyncError, BotoCoreError, ClientError)


@dataclass(frozen=True, slots=True)
class ActionResult:
    """The message about one API."""

    level: int
    """Level of `django.contrib.messages`."""
    text: str
    """One line for the person who ran the action."""


@admin.action(description="Create API Gateway", permissions=["change"])
def create_api_gateway(modeladmin: ModelAdmin, request: HttpRequest, queryset: Gateways) -> None:
    """Create each API in AWS, or finish an earlier run."""

    def create(gateway: ApiGateway) -> ActionResult:
        if gateway.needs_api_creation and gateway.create_gateway():
            return ActionResult(messages.SUCCESS, f"{gateway.api_name} created")
        return ActionResult(messages.INFO, f"{gateway.api_name} already created")

    def describe(gateway: ApiGateway, error: Exception) -> str:
        return f"Failed to create {gateway.api_name}: {type(error).__name__}"

    for gateway in queryset:
        _run(modeladmin, request, gateway, step=create, describe=describe)


@admin.action(description="Create Custom Domain", permissions=["change"])
def create_custom_domain(modeladmin: ModelAdmin, request: HttpRequest, queryset: Gateways) -> None:
    """Create the custom domain of each API that is ready for it."""

    def create(gateway: ApiGateway) -> ActionResult:
        if gateway.needs_api_creation:
            text = f"{gateway.api_name}: no custom domain was made; run “Create API Gateway” first."
            return ActionResult(messages.WARNING, text)
        is_new = gateway.needs_custom_domain
        if is_new:
            gateway.create_custom_domain()
        done = "created" if is_new else "already created"
        sentences = (f"{gateway.domain_name} custom domain {done}", explain_dns(gateway))
        text = ". ".join(filter(None, sentences))
        return ActionResult(messages.SUCCESS if is_new else messages.INFO, text)

    def describe(gateway: ApiGateway, error: Exception) -> str:
        kind = type(error).__name__
        return f"Failed to create custom domain for {gateway.api_name}: {kind}"

    for gateway in queryset:
        _run(modeladmin, request, gateway, step=create, describe=describe)


@admin.action(description="Sync from AWS", permissions=["change"])
def sync_from_aws(modeladmin: ModelAdmin, request: HttpRequest, queryset: Gateways) -> None:
    """Bring the records in line with what AWS has."""
    _sync(modeladmin, request, queryset, direction="from", sync=lambda row: row.sync_from_aws())


@admin.action(description="Sync to AWS", permissions=["change"])
def sync_to_aws(modeladmin: ModelAdmin, request: HttpRequest, queryset: Gateways) -> None:
    """Bring AWS in line with the records."""
    _sync(modeladmin, request, queryset, direction="to", sync=lambda row: row.sync_to_aws())


def _sync(
    modeladmin: ModelAdmin,
    request: HttpRequest,
    queryset: Gateways,
    *,
    direction: str,
    sync: Callable[[ApiGateway], list[str]],
) -> None:
    def run(gateway: ApiGateway) -> ActionResult:
        changes = "; ".join(sync(gateway))
        if changes:
            text = f"{gateway.api_name}: synced {direction} AWS. {changes}"
            return ActionResult(messages.SUCCESS, text)
        return ActionResult(messages.INFO, f"{gateway.api_name}: already in sync with AWS")

    def describe(gateway: ApiGateway, error: Exception) -> str:
        return f"{gateway.api_name}: could not sync {direction} AWS ({name_failure(error)})"

    for gateway in queryset:
        _run(modeladmin, request, gateway, step=run, describe=describe)


def _run(
    modeladmin: ModelAdmin,
    request: HttpRequest,
    gateway: ApiGateway,
    *,
    step: Callable[[ApiGateway], ActionResult],
    describe: Callable[[ApiGateway, Exception], str],
) -> None:
    """Take the step for one API and show its result; a failure never stops the rest."""
    # `%r` keeps a name with a line break in it from writing a log line of its own.
    run = (request.POST.get("action", ""), request.user.get_username(), gateway.api_name)
    logger.info("Action %r, run by %r on the API %r (id %s).", *run, gateway.pk)
    try:
        result = step(gateway)
    except Exception as error:
        # Any failure: the other APIs still have their turn.
        is_for_people = isinstance(error, ValueError)
        text = (
            _named(gateway, str(error))
            if is_for_people
            else f"{describe(gateway, error)}: {explain_failure(error)}."
        )
        result = ActionResult(messages.ERROR, text)
        logger.error(
            "Action %r, run by %r on the API %r (id %s), failed: %r",
            *run,
            gateway.pk,
            error.__cause__ or error,
            exc_info=not isinstance(error, _EXPECTED_ERRORS),
        )
    modeladmin.message_user(request, result.text, result.level)


def explain_dns(gateway: ApiGateway) -> str:
    """Return the DNS record that is to be made; "" before AWS has named its target."""
    target = gateway.api_gateway_domain_name
    if not target:
        return ""
    return f"Make this DNS record, if there is none: {gateway.domain_name} CNAME {target}"


def _named(gateway: ApiGateway, text: str) -> str:
    """Put the name of the API before the text, unless it stands there already."""
    prefix = f"{gateway.api_name}: "
    return prefix + text.removeprefix(prefix)
