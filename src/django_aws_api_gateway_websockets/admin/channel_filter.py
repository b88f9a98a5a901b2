"""The filter of sessions by channel."""

from collections import Counter
from collections.abc import Iterator
from typing import Any, Final

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import Field, Model, QuerySet
from django.http import HttpRequest
from django.utils.text import Truncator

__all__ = ["ChannelListFilter"]

LATEST_SESSIONS: Final = 1000
"""Sessions that are read to find the busy channels."""
BUSIEST_CHANNELS: Final = 10
"""Channels offered as links."""
LONGEST_LABEL: Final = 28
"""Characters of a channel's name that fit beside the list."""


class ChannelListFilter(admin.FieldListFilter):
    """A field to type a channel into, and links to the channels that are busy now.

    Django's own filter has a link for every value in the table: with 50,000 channels that is a
    page of five megabytes.
    """

    template = "admin/django_aws_api_gateway_websockets/channel_filter.html"

    def __init__(
        self,
        field: "Field[Any, Any]",
        request: HttpRequest,
        params: dict[str, Any],
        model: type[Model],
        model_admin: Any,
        field_path: str,
    ) -> None:
        self.parameter = field_path
        values: list[str] = params.get(field_path, [])
        self.chosen = values[-1] if values else None
        super().__init__(field, request, params, model, model_admin, field_path)
        self.empty_label = model_admin.get_empty_value_display()
        self.other_parameters: list[tuple[str, str]] = []
        self._busiest = _busiest_channels(model_admin.get_queryset(request), field_path)

    def expected_parameters(self) -> list[str | None]:
        """Name the only parameter, the channel."""
        return [self.parameter]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Return the sessions of the channel, or all of them."""
        if self.chosen is None:
            return queryset
        # PostgreSQL raises an error for such a text in place of finding nothing.
        if "\x00" in self.chosen:
            return queryset.none()
        return queryset.filter(**{self.parameter: self.chosen})

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        """Yield the links: all, the chosen channel, and the busiest."""
        self.other_parameters = [
            (name, value)
            for name, values in changelist.filter_params.items()
            if name != self.parameter
            for value in values
        ]
        yield {
            "selected": self.chosen is None,
            "query_string": changelist.get_query_string(remove=[self.parameter]),
            "display": "All",
        }
        for channel in self._offered():
            yield {
                "selected": channel == self.chosen,
                "query_string": changelist.get_query_string({self.parameter: channel}),
                "display": Truncator(channel).chars(LONGEST_LABEL) or self.empty_label,
            }

    def _offered(self) -> list[str]:
        if self.chosen is None or self.chosen in self._busiest:
            return self._busiest
        return [self.chosen, *self._busiest]


def _busiest_channels(sessions: QuerySet[Any], column: str) -> list[str]:
    # Only the latest sessions: counting all of them would read the whole table.
    latest = sessions.select_related(None).order_by("-pk").values_list(column, flat=True)
    counts = Counter(latest[:LATEST_SESSIONS])
    return [channel for channel, _ in counts.most_common(BUSIEST_CHANNELS)]
