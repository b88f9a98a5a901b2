"""What the rows remember of the work in AWS: how far it got, and what stopped it."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from django.db import DatabaseError, models, router
from django.utils import timezone

from ..provisioning.failures import AWS_ERRORS, ApiGatewaySyncError, describe_error

if TYPE_CHECKING:
    from ..models.gateway import ApiGateway

__all__ = ["note_error", "store", "sync_errors_noted"]

logger = logging.getLogger("django_aws_api_gateway_websockets.sync")

MAX_ERROR_CHARACTERS: Final = 255


def store(row: models.Model, **values: Any) -> None:
    """Set these columns of a row, here and in the database, without `save()`.

    Nothing is validated and nothing is pushed to AWS; an unsaved row changes in memory only.
    """
    for name, value in values.items():
        setattr(row, name, value)
    if row.pk is not None:
        alias = router.db_for_write(type(row), instance=row)
        rows = type(row)._default_manager.using(alias).filter(pk=row.pk)
        rows.update(**values, updated_on=timezone.now())


def note_error(gateway: "ApiGateway", error: Exception, **values: Any) -> None:
    """Keep the kind of the error that stopped the work in `last_error`.

    Should the database refuse that as well, it is only logged: the first error matters more.
    """
    try:
        store(gateway, last_error=describe_error(error)[:MAX_ERROR_CHARACTERS], **values)
    except DatabaseError:
        logger.exception("The error of %r could not be recorded.", gateway.api_name)


@contextmanager
def sync_errors_noted(gateway: "ApiGateway") -> Iterator[None]:
    """Turn what boto3 raises into `ApiGatewaySyncError`, noted in `last_error`; success clears it.

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
    if gateway.last_error:
        store(gateway, last_error="")
