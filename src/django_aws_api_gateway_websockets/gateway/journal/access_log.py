"""The access log: a line per event, and never a secret."""

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
"""What a line of the format `json` says, in this order; what does not apply is left out."""

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
    """Writes a line for each entry of a journal.

    Args:
        line_format: `json`, or a text with `$context` variables as a stage's
            AccessLogSettings.Format has them; what an entry does not have becomes `-`, as on AWS.
        write: takes a line.
        format_of: the format of a stage, by the API's id and the stage's name, where that has one
            of its own.
    """

    def __init__(
        self,
        line_format: str,
        write: Callable[[str], None],
        *,
        format_of: Callable[[str, str], str | None],
    ) -> None:
        self._format = line_format
        self._write = write
        self._format_of = format_of

    def follow(self, journal: Journal) -> None:
        """Write about everything from now on."""
        journal.readers.append(self.read)

    def read(self, entry: Entry) -> None:
        """Write the line of one entry."""
        api_id, stage = entry.value_of("apiId"), entry.value_of("stage")
        # To a stage, unlike to the command line, `json` is a text like any other. A refusal that
        # concerns no stage has neither name.
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
    # ASCII only: no control character, C1 ones and line separators included, survives that.
    return json.dumps(fields, separators=(",", ":")).replace("\x7f", "\\u007f")


def _as_text(entry: Entry, name: str) -> str:
    value = entry.value_of(name)
    if value is None:
        return "-"
    # Escaped as within a JSON string: formats put the variables into one, and in any other format
    # it keeps a line a line.
    escaped = json.dumps(without_secrets(value)[:_LONGEST_VALUE]).replace("\x7f", "\\u007f")
    # "The quoted value of $context.error.message", says its page.
    return escaped if name == "error.messageString" else escaped[1:-1]
