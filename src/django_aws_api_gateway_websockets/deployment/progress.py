"""The progress of the work in AWS, kept in the rows: the step reached and the last error."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from django.db import DatabaseError, models
from django.utils import timezone

from ..provisioning.calls import create_deployment
from ..provisioning.failures import AWS_ERRORS, ApiGatewaySyncError, describe_error
from .rows import GatewayRow, Row, table_of

__all__ = [
    "ProvisioningStatus",
    "check_is_deployed",
    "deploy_stage",
    "has_failed",
    "note_error",
    "store",
    "sync_errors_noted",
]

logger = logging.getLogger("django_aws_api_gateway_websockets.sync")

MAX_ERROR_CHARACTERS: Final = 255


class ProvisioningStatus(models.TextChoices):
    """Steps of the creation in AWS, in their order."""

    PENDING = "pending", "Pending"
    CREATING = "creating", "Creating"
    API_CREATED = "api_created", "API created"
    ROUTES_CREATED = "routes_created", "Routes created"
    DEPLOYED = "deployed", "Deployed"
    DOMAIN_CREATED = "domain_created", "Custom domain created"
    MAPPED = "mapped", "Custom domain mapped"


def check_is_deployed(gateway: GatewayRow) -> None:
    """Refuse a row whose API is not complete.

    Raises:
        ValueError: it is not.
    """
    if not gateway.is_deployed:
        raise ValueError(f"{gateway.api_name} is not deployed: create the API first.")


def deploy_stage(gateway: GatewayRow, client: Any, **values: Any) -> None:
    """Make the stage serve the API as it is now; store the deployment's id and these columns."""
    deployment_id = create_deployment(
        client, gateway.api_id, stage_name=gateway.stage, description=gateway.stage_description
    )
    store(gateway, deployment_id=deployment_id, **values)


def has_failed(gateway: GatewayRow) -> bool:
    """Tell whether the last work in AWS ended in an error; a double of a row has no text there."""
    return isinstance(gateway.last_error, str) and bool(gateway.last_error)


def store(row: Row, **values: Any) -> None:
    """Set these columns of a row, here and in the database, without `save()`.

    Nothing is validated and nothing is pushed to AWS; an unsaved row changes in memory only.
    """
    for name, value in values.items():
        setattr(row, name, value)
    if row.pk is not None:
        table_of(row).filter(pk=row.pk).update(**values, updated_on=timezone.now())


def note_error(gateway: GatewayRow, error: Exception, **values: Any) -> None:
    """Keep the kind of the error that stopped the work in `last_error`.

    An error of the database meanwhile is only logged: the first error matters more.
    """
    try:
        store(gateway, last_error=describe_error(error)[:MAX_ERROR_CHARACTERS], **values)
    except DatabaseError:
        logger.exception("The error of %r could not be recorded.", gateway.api_name)


@contextmanager
def sync_errors_noted(gateway: GatewayRow) -> Iterator[None]:
    """Turn boto3's errors into `ApiGatewaySyncError`, noted in `last_error`; success clears it.

    Raises:
        ApiGatewaySyncError: AWS refused, could not be reached, or there are no credentials.
    """
    try:
        yield
    except AWS_ERRORS as error:
        note_error(gateway, error)
        logger.error(  # the traceback may hold what was sent, the secret included.
            "%r could not be brought together with AWS: %s",
            gateway.api_name,
            describe_error(error),
        )
        raise ApiGatewaySyncError(describe_error(error)) from error
    if has_failed(gateway):
        store(gateway, last_error="")
