"""The access log: a line per event, without secrets."""

import json
import re
from collections.abc import Callable
from typing import Final

from ..runtime.log import without_secrets
from .entries import Entry, Journal

__all__ = ["JSON_FORMAT", "AccessLog"]

JSON_FORMAT: Final = "json"

_FIELDS: Final = (
    "requestTimeEpoch",
    "eventType",
    "routeKey",
    "status",
    "connectionId",
    "requestId",
    "apiId",
    "stage",
    "identity.sourceIp",
    "identity.userAgent",
    "path",
    "messageBytes",
    "integrationStatus",
    "integrationLatency",
    "integrationErrorMessage",
    "error.message",
    "error.responseType",
    "disconnectStatusCode",
    "disconnectReason",
)
"""Fields of a line in the format `json`, in this order; a field without a value is left out."""

_NUMBERS: Final = frozenset(
    {
        "requestTimeEpoch",
        "status",
        "messageBytes",
        "integrationStatus",
        "integrationLatency",
        "disconnectStatusCode",
    }
)
_VARIABLE: Final = re.compile(r"\$context\.([A-Za-z]+(?:\.[A-Za-z]+)*)")
_LONGEST_VALUE: Final = 1024


class AccessLog:
    """Reader of the journal that writes a line for each entry.

    Args:
        line_format: `json`, or a text with `$context` variables like a stage's
            AccessLogSettings.Format; a missing variable becomes `-`, as on AWS.
        write: writes a line.
        format_of: returns a stage's own format, if it has one, by the API's id and the
            stage's name.
        takes: tells whether an entry has a line; None gives every entry one.
    """

    def __init__(
        self,
        line_format: str,
        write: Callable[[str], None],
        *,
        format_of: Callable[[str, str], str | None],
        takes: Callable[[Entry], bool] | None = None,
    ) -> None:
        self._format = line_format
        self._write = write
        self._format_of = format_of
        self._takes = takes

    def follow(self, journal: Journal) -> None:
        """Write a line for every entry from now on."""
        journal.readers.append(self.read)

    def read(self, entry: Entry) -> None:
        """Write the line of one entry."""
        if self._takes is not None and not self._takes(entry):
            return
        api_id, stage = entry.value_of("apiId"), entry.value_of("stage")
        # In the settings of a stage, unlike on the command line, `json` is a normal text. A
        # refusal without a stage has neither name.
        line_format = self._format_of(api_id, stage) if api_id and stage else None
        if line_format is None and self._format == JSON_FORMAT:
            self._write(_as_json(entry))
            return
        self._write(
            _VARIABLE.sub(lambda match: _as_text(entry, match[1]), line_format or self._format)
        )


def _as_json(entry: Entry) -> str:
    fields = {
        name: int(value) if name in _NUMBERS else without_secrets(value)[:_LONGEST_VALUE]
        for name in _FIELDS
        if (value := entry.value_of(name)) is not None
    }
    # ASCII only: no control character survives that, nor C1 ones and line separators.
    return json.dumps(fields, separators=(",", ":")).replace("\x7f", "\\u007f")


def _as_text(entry: Entry, name: str) -> str:
    value = entry.value_of(name)
    if value is None:
        return "-"
    # Escaped as within a JSON string, where most formats put the variables; in any other format,
    # it prevents a second line.
    escaped = json.dumps(without_secrets(value)[:_LONGEST_VALUE]).replace("\x7f", "\\u007f")
    # "The quoted value of $context.error.message", says its page.
    return escaped if name == "error.messageString" else escaped[1:-1]
