"""Messages in place of error pages when a change is saved and AWS refuses it."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import BotoCoreError, ClientError
from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.db import router, transaction
from django.http import HttpRequest, HttpResponse

from ..aws.failures import explain_failure, name_failure
from ..models import ApiGatewaySyncError, collect_deferred_sync_errors
from .base import ModelAdmin

__all__ = ["SyncErrorMessageMixin"]

logger = logging.getLogger("django_aws_api_gateway_websockets.admin")

SAVED: Final = (
    "Saved here, but AWS refused the change ({error}): {advice}. "
    "Select the API in the list of APIs and run “Sync to AWS” to try again."
)
DELETED: Final = (
    "Done here, but AWS refused the change ({error}): {advice}. “Sync to AWS” tries again what was "
    "saved; a deleted route stays in AWS until “Sync from AWS” gets it back and it is deleted "
    "again."
)
"""Text for deleted routes: `sync_to_aws` leaves routes alone that only AWS has."""

_ERRORS: Final = (ApiGatewaySyncError, BotoCoreError, ClientError)

if TYPE_CHECKING:
    _Base = ModelAdmin
else:
    _Base = object


class SyncErrorMessageMixin(_Base):
    """Pages that keep a saved or deleted row when AWS refuses the change, and show a message.

    Stands before `ModelAdmin` in the bases.
    """

    # AWS keeps what it was told, so nothing that follows may roll the rows back; and with
    # ATOMIC_REQUESTS the commit, with its failures, would come after the page was made.
    @transaction.non_atomic_requests
    def add_view(self, *args: Any, **kwargs: Any) -> HttpResponse:
        """Run Django's view in a transaction of its own."""
        return super().add_view(*args, **kwargs)

    @transaction.non_atomic_requests
    def change_view(self, *args: Any, **kwargs: Any) -> HttpResponse:
        """Run Django's view in a transaction of its own."""
        return super().change_view(*args, **kwargs)

    @transaction.non_atomic_requests
    def changelist_view(self, *args: Any, **kwargs: Any) -> HttpResponse:
        """Run Django's view, with each action outside of any transaction."""
        return super().changelist_view(*args, **kwargs)

    @transaction.non_atomic_requests
    def delete_view(
        self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Run Django's view, and show the failures of its commit as messages."""
        with self._kept(request, DELETED, self._find(request, object_id)):
            return super().delete_view(request, object_id, *args, **kwargs)

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, *args: Any, **kwargs: Any
    ) -> Any:
        """Run Django's view, and show the failures of its commit as messages."""
        text = DELETED if any(name.endswith("-DELETE") for name in request.POST) else SAVED
        with self._kept(request, text, self._find(request, object_id)):
            return super().changeform_view(request, object_id, *args, **kwargs)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: Any) -> None:
        """Save the row, even if AWS refuses it."""
        try:
            super().save_model(request, obj, form, change)
        except _ERRORS as error:
            self._tell(request, SAVED, [obj], error)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: Any) -> None:
        """Delete and save each row of an inline, even if AWS refuses another."""
        rows = formset.save(commit=False)
        for row in formset.deleted_objects:
            with self._deleted(request, row):
                row.delete()
        for row in rows:
            try:
                row.save()
            except _ERRORS as error:
                self._tell(request, SAVED, [row], error)
        formset.save_m2m()

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Delete the row, even if AWS refuses it."""
        with self._deleted(request, obj):
            super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        """Delete the rows, even if AWS refuses some."""
        with self._kept(request, DELETED, list(queryset)):
            super().delete_queryset(request, queryset)

    @contextmanager
    def _deleted(self, request: HttpRequest, row: Any) -> Iterator[None]:
        """Let the block delete the row, even if AWS refuses it."""
        # For the log: a deleted row loses its id.
        original = copy(row)
        try:
            # Without a transaction, the row would stay if AWS refused.
            with transaction.atomic(using=router.db_for_write(type(row), instance=row)):
                yield
        except _ERRORS as error:
            self._tell(request, DELETED, [original], error)

    @contextmanager
    def _kept(self, request: HttpRequest, text: str, rows: list[Any]) -> Iterator[None]:
        """Turn failures of the block's commits into messages."""
        with collect_deferred_sync_errors() as errors:
            yield
        for error in errors:
            self._tell(request, text, rows, error)

    def _tell(self, request: HttpRequest, text: str, rows: list[Any], error: Exception) -> None:
        words = text.format(error=name_failure(error), advice=explain_failure(error))
        self.message_user(request, words, messages.ERROR)
        # `%r` keeps a name with a line break in it from writing a log line of its own.
        logger.error(
            "%r %s %s, and AWS refused it: %r",
            request.user.get_username(),
            "deleted" if text is DELETED else "saved",
            ", ".join(f"{str(row)!r} ({row._meta.verbose_name}, id {row.pk})" for row in rows),
            error.__cause__ or error,
        )

    def _find(self, request: HttpRequest, object_id: str | None) -> list[Any]:
        """Return the row a form was posted for, while it still exists."""
        if request.method != "POST" or object_id is None:
            return []
        row = self.get_object(request, unquote(object_id))
        return [] if row is None else [row]
