"""Calls that follow a commit, and must not harm the code that has committed."""

import logging
from collections.abc import Callable
from typing import Any

from django.db import transaction

__all__ = ["after_commit"]

logger = logging.getLogger("django_aws_api_gateway_websockets.models")


def after_commit(act: Callable[..., Any], *values: Any, using: str) -> None:
    """Call `act(*values)` once the open transaction is committed, or at once when none is open.

    An exception of it is logged. With `on_commit(robust=True)`, Django 5.2 logs the name of what it
    has called, and raises an `AttributeError` where that has none, as a `partial` has not.
    """

    def act_and_log() -> None:
        try:
            act(*values)
        except Exception:
            logger.exception("What follows a commit has failed.")

    transaction.on_commit(act_and_log, using=using)
