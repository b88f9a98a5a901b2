"""What happens when a change was saved and AWS does not take it."""

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import BotoCoreError, ClientError
from django.contrib import messages
from django.db import router, transaction
from django.http import HttpRequest, HttpResponse

from ..models import ApiGatewaySyncError, collect_deferred_sync_errors
from ..provisioning.failures import describe_error
from .typed import ModelAdmin

__all__ = ["SyncErrorMessageMixin"]

logger = logging.getLogger("django_aws_api_gateway_websockets.admin")

SAVED: Final = (
    "Saved here, but AWS refused the change ({error}). "
    "Select the API in the list of APIs and run “Sync to AWS” to try again."
)
DELETED: Final = (
    "Done here, but AWS refused the change ({error}). “Sync to AWS” tries again what was saved; "
    "a deleted route stays in AWS until “Sync from AWS” gets it back and it is deleted again."
)
"""Said where routes were deleted: `sync_to_aws` leaves routes alone that only AWS has."""

_ERRORS: Final = (ApiGatewaySyncError, BotoCoreError, ClientError)

if TYPE_CHECKING:
    _Base = ModelAdmin
else:
    _Base = object


class SyncErrorMessageMixin(_Base):
    """Keeps what was saved or deleted here when AWS refuses it, and says so on the next page.

    Goes before `ModelAdmin` in the bases.
    """

    # What AWS was told stays told, so nothing that follows may roll the rows back; and with
    # ATOMIC_REQUESTS the commit, and its failures, would come after the page was made.
    @transaction.non_atomic_requests
    def add_view(self, *args: Any, **kwargs: Any) -> HttpResponse:
        """Django's, in a transaction of its own."""
        return super().add_view(*args, **kwargs)

    @transaction.non_atomic_requests
    def change_view(self, *args: Any, **kwargs: Any) -> HttpResponse:
        """Django's, in a transaction of its own."""
        return super().change_view(*args, **kwargs)

    @transaction.non_atomic_requests
    def changelist_view(self, *args: Any, **kwargs: Any) -> HttpResponse:
        """Django's, each action outside of any transaction."""
        return super().changelist_view(*args, **kwargs)

    @transaction.non_atomic_requests
    def delete_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Django's, with the failures of its commit as messages."""
        with self._kept(request, DELETED):
            return super().delete_view(request, *args, **kwargs)

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Django's, with the failures of its commit as messages."""
        with self._kept(request, DELETED if _deletes_inline(request) else SAVED):
            return super().changeform_view(request, *args, **kwargs)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: Any) -> None:
        """Save the row, whether AWS takes it or not."""
        try:
            super().save_model(request, obj, form, change)
        except _ERRORS as error:
            self._tell(request, SAVED, [error])

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: Any) -> None:
        """Delete and save each row of an inline, whether AWS takes the others or not."""
        rows = formset.save(commit=False)
        for row in formset.deleted_objects:
            try:
                row.delete()
            except _ERRORS as error:
                self._tell(request, DELETED, [error])
        for row in rows:
            try:
                row.save()
            except _ERRORS as error:
                self._tell(request, SAVED, [error])
        formset.save_m2m()

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Delete the row, whether AWS takes it or not."""
        try:
            # Without a transaction, a refusal by AWS would keep the row.
            with transaction.atomic(using=router.db_for_write(self.model, instance=obj)):
                super().delete_model(request, obj)
        except _ERRORS as error:
            self._tell(request, DELETED, [error])

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        """Delete the rows, whether AWS takes each or not."""
        with self._kept(request, DELETED):
            super().delete_queryset(request, queryset)

    @contextmanager
    def _kept(self, request: HttpRequest, text: str) -> Iterator[None]:
        """Turn what fails as the transactions inside commit into messages."""
        with collect_deferred_sync_errors() as errors:
            yield
        self._tell(request, text, errors)

    def _tell(self, request: HttpRequest, text: str, errors: Iterable[Exception]) -> None:
        for error in errors:
            kind = str(error) if isinstance(error, ApiGatewaySyncError) else describe_error(error)
            logger.error(
                "%r changed a %s here, and AWS refused it: %r",
                request.user.get_username(),
                self.opts.verbose_name,
                error.__cause__ or error,
            )
            self.message_user(request, text.format(error=kind), messages.ERROR)


def _deletes_inline(request: HttpRequest) -> bool:
    return any(name.endswith("-DELETE") for name in request.POST)
