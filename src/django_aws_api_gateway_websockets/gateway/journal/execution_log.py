"""The execution log: the steps of an event, if its stage asks for that.

`LoggingLevel` INFO writes every step and ERROR only failures; `DataTraceEnabled` adds the headers
and bodies of calls and responses. AWS writes into a log group of CloudWatch; here the lines go to a
logger, `….gateway.execution`. Values that would give a reader access are left out.

The words come from logs of AWS; their order there, and whether all appear, is only partly known.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-logging.html
"""

import re
from collections.abc import Callable, Iterable
from typing import Final

from ...core.events.context import EventContext, EventType
from ...core.events.integration import Integration, IntegrationCall
from ...core.events.parameters import Destination
from ...core.events.response import BackendResponse
from ..deployed.log_settings import OFF, LogLevel, LogSettings
from ..runtime.log import execution, one_line
from .entries import CallEntry, Entry, Journal, SocketEntry

__all__ = ["ExecutionLog"]

LONGEST_LINE_BYTES: Final = 1024
TRUNCATED: Final = "[TRUNCATED]"
REDACTED: Final = "[REDACTED]"

_NAMES: Final = "authorization|cookie|credential|password|secret|session|signature|token|api-?key"
_HAS_SECRET_NAME: Final = re.compile(_NAMES, re.IGNORECASE)
# In a query, in a form or in JSON.
_SECRET_VALUE: Final = re.compile(
    rf"""(?P<name>(?:{_NAMES})[\w-]{{0,64}}(?:=|%3D|"?\s{{0,8}}:\s{{0,8}}))"""
    r"""(?:"(?:[^"\\]|\\.)*"?|[^&\s",}]+)""",
    re.IGNORECASE,
)


class ExecutionLog:
    """Log of the events of those stages that ask for it.

    Args:
        settings_of: returns the stage's settings, by API id, stage name and route key.
    """

    def __init__(
        self, settings_of: Callable[[str, str, str], LogSettings] = lambda *_: OFF
    ) -> None:
        self._settings_of = settings_of
        # While no stage asks for a log, an event must not pay for the look-up of its settings.
        self._is_on = False

    def follow(self, journal: Journal, *, is_on: bool) -> None:
        """Begin to write, or stop."""
        if is_on is self._is_on:
            return
        self._is_on = is_on
        (journal.readers.append if is_on else journal.readers.remove)(self.read)

    def note_start(self, context: EventContext) -> None:
        """Write that an event begins."""
        if self._settings(context).level < LogLevel.INFO:
            return
        own_id, api_id = context.request_id, context.api_id
        lines = [
            f"Extended Request Id: {own_id}",
            f"Verifying Usage Plan for request: {own_id}. API Stage: {api_id}/{context.stage}",
            f"Starting execution for request: {own_id}",
            f"WebSocket Request Route: [{context.route_key}]",
        ]
        if context.event_type is EventType.CONNECT:
            lines.append(
                f"Client [UserAgent: {context.user_agent}, SourceIp: {context.source_ip}] is "
                f"connecting to WebSocket API [{api_id}]."
            )
        elif context.event_type is EventType.MESSAGE:
            lines.append(
                f"WebSocket API [{api_id}] received message from client "
                f"[Connection Id: {context.connection_id}]."
            )
        _write(own_id, lines)

    def note_call(
        self, context: EventContext, integration: Integration, call: IntegrationCall
    ) -> None:
        """Write that a backend is called."""
        settings = self._settings(context)
        if settings.level < LogLevel.INFO:
            return
        lines = [f"Endpoint request URI: {call.url}"]
        if settings.traces_data:
            hidden = {
                mapping.name.lower()
                for mapping in integration.parameters
                if mapping.is_literal and mapping.destination is Destination.HEADER
            }
            lines += [
                f"Endpoint request headers: {_as_map(call.headers, hidden)}",
                f"Endpoint request body after transformations: {_text(call.body)}",
            ]
        _write(context.request_id, [*lines, f"Sending request to {call.url}"])

    def note_response(
        self, context: EventContext, response: BackendResponse, latency_ms: int
    ) -> None:
        """Write that a backend has responded."""
        settings = self._settings(context)
        if settings.level < LogLevel.INFO:
            return
        lines = [
            f"Received response. Status: {response.status}, Integration latency: {latency_ms} ms"
        ]
        if settings.traces_data:
            lines += [
                f"Endpoint response headers: {_as_map(response.headers)}",
                f"Endpoint response body before transformations: {_text(response.body)}",
            ]
        _write(context.request_id, lines)

    def read(self, entry: Entry) -> None:
        """Write the end of an event, as a reader of the journal."""
        api_id, stage = entry.value_of("apiId"), entry.value_of("stage")
        if not api_id or not stage:
            return
        settings = self._settings_of(api_id, stage, entry.value_of("routeKey") or "")
        request_id = entry.value_of("requestId") or "-"
        error = entry.value_of("error.message") or entry.value_of("integration.error")
        if error is not None and settings.level >= LogLevel.ERROR:
            execution.error("%s", _line(request_id, f"Execution failed: {error}"))
        if settings.level < LogLevel.INFO:
            return
        if isinstance(entry, SocketEntry) and (end := _summary_of(entry)):
            _write(request_id, [end])
        elif isinstance(entry, CallEntry):
            _write(
                request_id,
                [f"Connection API request completed with status: {entry.response.status}"],
            )

    def _settings(self, context: EventContext) -> LogSettings:
        if not self._is_on:
            return OFF
        return self._settings_of(context.api_id, context.stage, context.route_key)


def _summary_of(entry: SocketEntry) -> str | None:
    """Return AWS's summary of an event that ended, if there is one."""
    context, status = entry.context, None if entry.result is None else entry.result.status
    client, api = f"[Connection Id: {context.connection_id}]", f"API [{context.api_id}]"
    if context.closure is not None:
        said = "" if status is None else f" with integration response status code [{status}]"
        why = f"[{context.closure.code}: {context.closure.reason}]"
        return f"Client {client} disconnected from {api}{said}. Close reason: {why}"
    if context.event_type is EventType.CONNECT:
        is_open = entry.status == _SWITCHING_PROTOCOLS
        return f"Client {client} connected to {api} successfully." if is_open else None
    if status is None:
        return None
    return f"Message from client {client} sent to {api} with response status code [{status}]."


_SWITCHING_PROTOCOLS: Final = 101


def _write(request_id: str, lines: Iterable[str]) -> None:
    for line in lines:
        execution.info("%s", _line(request_id, line))


def _line(request_id: str, text: str) -> str:
    """Make a line as AWS writes one: the id of the event first, cut at 1,024 bytes."""
    # Cut before the search for secrets: a message may be a hundred times as long.
    is_cut = len(text) > LONGEST_LINE_BYTES
    shown = one_line(_SECRET_VALUE.sub(rf"\g<name>{REDACTED}", text[:LONGEST_LINE_BYTES]))
    line = f"({request_id}) {shown}"
    octets = line.encode()
    if not is_cut and len(octets) <= LONGEST_LINE_BYTES:
        return line
    kept = octets[: LONGEST_LINE_BYTES - len(TRUNCATED)].decode(errors="ignore")
    return f"{kept}{TRUNCATED}"


def _as_map(headers: Iterable[tuple[str, str]], hidden: Iterable[str] = ()) -> str:
    """Write headers as AWS does: `{Host=127.0.0.1, Accept=*/*}`."""
    return "{" + ", ".join(f"{name}={_shown(name, value, hidden)}" for name, value in headers) + "}"


def _shown(name: str, value: str, hidden: Iterable[str]) -> str:
    return REDACTED if name.lower() in hidden or _HAS_SECRET_NAME.search(name) else value


def _text(body: bytes) -> str:
    return body[: LONGEST_LINE_BYTES * 4].decode(errors="replace")
