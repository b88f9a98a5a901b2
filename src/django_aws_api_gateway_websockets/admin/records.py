"""What sockets write by the thousand, and people only look at and delete.

Nothing here reads a whole table, or sends one to a browser, because a page was opened.
"""

from typing import Any, ClassVar, Final

from django.contrib import admin, messages
from django.contrib.auth import get_user_model
from django.core.exceptions import FieldDoesNotExist
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.text import capfirst

from .dates import DatedAdmin

__all__ = ["RecordAdmin"]

MAX_DELETED_AT_ONCE: Final = 500
"""The page that asks for confirmation has a field for each row, and Django takes 1,000 fields."""
MAX_NAMED_IN_CONFIRMATION: Final = 100
"""Rows the page that asks for confirmation lists one by one."""


class RecordAdmin(DatedAdmin):
    """Pages of rows that can be looked at and deleted, and neither added nor changed."""

    hidden_fields: ClassVar[frozenset[str]] = frozenset()
    """Columns no page shows, and no query string can ask about."""

    list_per_page = 50
    # Both would count the whole table, once more for each choice of each filter.
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody may add."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody may change."""
        return False

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        """Refuse to filter by a hidden column.

        Django lets a query string filter by every column of the model, so that
        `?token__startswith=0`, and so on, would tell a secret letter by letter.
        """
        if lookup.partition("__")[0] in self.hidden_fields:
            return False
        return super().lookup_allowed(lookup, value, request)  # type: ignore[arg-type] # None is for Django 5 alone.

    def get_search_fields(self, request: HttpRequest) -> list[str]:
        """The fields to search, by the names a project's own user model gives to its columns."""
        user_model = get_user_model()
        names = {
            "user__username": f"user__{user_model.USERNAME_FIELD}",
            "user__email": f"user__{user_model.get_email_field_name()}",
        }
        fields = [names.get(name, name) for name in super().get_search_fields(request)]
        return [name for name in fields if _has_column(user_model, name)]

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """What the page that asks for confirmation lists: the first rows, and how many more."""
        count = len(objs)
        # Rows of other models that go, too, or that forbid it, have to be looked for in all.
        if count <= MAX_NAMED_IN_CONFIRMATION or self.model._meta.related_objects:
            return super().get_deleted_objects(objs, request)
        label = capfirst(self.opts.verbose_name)
        named = [f"{label}: {row}" for row in objs[:MAX_NAMED_IN_CONFIRMATION]]
        more = f"… and {count - MAX_NAMED_IN_CONFIRMATION} more"
        lacking = set() if self.has_delete_permission(request) else {self.opts.verbose_name}
        return [*named, more], {self.opts.verbose_name_plural: count}, lacking, []

    def response_action(
        self, request: HttpRequest, queryset: Any, *args: Any, **kwargs: Any
    ) -> HttpResponse | None:
        """Run an action, unless it is for more rows than the page after it could hold."""
        across = request.POST.get("select_across", "0") not in {"", "0"}
        # One row more than the limit says enough; the whole count would read the whole table.
        if across and queryset[: MAX_DELETED_AT_ONCE + 1].count() > MAX_DELETED_AT_ONCE:
            self.message_user(
                request,
                f"Nothing was done: at most {MAX_DELETED_AT_ONCE} can be selected at once. Select "
                "fewer with the filters, or use the commands clearWebSocketSessions and "
                "cleanupWebSocketTokens.",
                messages.ERROR,
            )
            return HttpResponseRedirect(request.get_full_path())
        return super().response_action(request, queryset, *args, **kwargs)


def _has_column(user_model: Any, lookup: str) -> bool:
    relation, _, column = lookup.partition("__")
    if relation != "user":
        return True
    try:
        user_model._meta.get_field(column)
    except FieldDoesNotExist:
        return False
    return True
