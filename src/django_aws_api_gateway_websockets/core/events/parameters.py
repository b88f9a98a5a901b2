"""Request parameters of an integration: what an event puts into headers and query of the call.

    integration.request.header.connectionId  <-  context.connectionId

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-data-mapping.html
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeAlias

from ..errors import ExpressionError
from ..json_path import JsonPath, parse_json, stringify
from .event import Event, Handshake

__all__ = [
    "Destination",
    "ParameterMapping",
    "RequiredParameter",
    "parse_parameters",
    "required_parameters",
]

Source: TypeAlias = Callable[[Event], str | None]
"""Gives the mapped value for an event, or `None` when the event has none."""

_NAME: Final = re.compile(r"[a-zA-Z0-9._$-]+")
_TARGET: Final = re.compile(
    r"integration\.request\.(?P<where>header|querystring|path)\.(?P<name>.+)"
)

_DECLARED: Final = re.compile(
    r"route\.request\.(?:multivalue)?(?P<where>header|querystring)\.(?P<name>[a-zA-Z0-9._$-]+)"
)

# C0, DEL and C1, the two separators that str.splitlines() of a backend would also split on, and
# halves of surrogate pairs, which JSON can escape and UTF-8 cannot hold.
_CONTROLS: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")

# These describe the call itself. API Gateway refuses to map onto them for REST APIs; the page for
# WebSocket APIs is silent.
_UNMAPPABLE_HEADERS: Final = frozenset(
    {
        "connection",
        "content-length",
        "host",
        "transfer-encoding",
        "upgrade",
        "x-amzn-apigateway-api-id",
        "x-amzn-trace-id",
    }
)


class Destination(StrEnum):
    """The part of the call a value goes to."""

    HEADER = "header"
    QUERY = "querystring"
    PATH = "path"


@dataclass(frozen=True, slots=True)
class ParameterMapping:
    """One value for one place of the call."""

    destination: Destination
    name: str
    source: Source
    is_literal: bool = False
    """True when the value stands in the mapping itself, as a secret with the backend does."""

    def value_for(self, event: Event) -> str | None:
        """Return the value to put there; `None` leaves the place out.

        Control characters become spaces: a message's text must not be able to end a header and
        start its own.
        """
        value = self.source(event)
        return None if value is None else _CONTROLS.sub(" ", value)


def parse_parameters(parameters: Mapping[str, str]) -> tuple[ParameterMapping, ...]:
    """The mappings written in an integration's RequestParameters.

    Raises:
        ExpressionError: a target or a source is not one this kind of API has.
    """
    return tuple(_parse_mapping(target, source) for target, source in parameters.items())


@dataclass(frozen=True, slots=True)
class RequiredParameter:
    """A part of the handshake a route cannot do without."""

    name: str
    is_header: bool

    def is_in(self, handshake: Handshake) -> bool:
        """Tell whether a handshake has it."""
        if self.is_header:
            return bool(handshake.header_values(self.name))
        return bool(handshake.query_values(self.name))


def required_parameters(
    declared: Mapping[str, Mapping[str, bool]],
) -> tuple[RequiredParameter, ...]:
    """The parameters a route's RequestParameters require.

    Raises:
        ExpressionError: one of them is nothing a handshake has.
    """
    required: list[RequiredParameter] = []
    for key, constraints in declared.items():
        found = _DECLARED.fullmatch(key)
        if found is None:
            raise ExpressionError(
                f"Invalid request parameter specified: {key[:100]!r}. It reads "
                "route.request.querystring.NAME or route.request.header.NAME."
            )
        if constraints.get("required"):
            required.append(RequiredParameter(found["name"], found["where"] == "header"))
    return tuple(required)


def _parse_mapping(target: str, source: str) -> ParameterMapping:
    found = _TARGET.fullmatch(target)
    if found is None or not _NAME.fullmatch(found["name"]):
        raise ExpressionError(
            f"Invalid mapping expression specified: {target!r}. A target reads "
            "integration.request.header.NAME, integration.request.querystring.NAME or "
            "integration.request.path.NAME, with letters, digits and ._$- in the name."
        )
    destination = Destination(found["where"])
    if destination is Destination.HEADER and found["name"].lower() in _UNMAPPABLE_HEADERS:
        raise ExpressionError(
            f"Invalid mapping expression specified: {target!r}. "
            "API Gateway sets that header itself."
        )
    return ParameterMapping(
        destination, found["name"], _parse_source(source), is_literal=source.startswith("'")
    )


def _parse_source(text: str) -> Source:
    if len(text) > 1 and text[0] == text[-1] == "'":
        literal = text[1:-1]
        return lambda _: literal
    for prefix, reader in _READERS.items():
        if text.startswith(prefix) and len(text) > len(prefix):
            return reader(text.removeprefix(prefix))
    raise ExpressionError(
        f"Invalid mapping expression specified: {text[:100]!r}. A source reads context.NAME, "
        "stageVariables.NAME, route.request.querystring.NAME, route.request.header.NAME, "
        "route.request.body.PATH, or 'text' in single quotes."
    )


def _context(name: str) -> Source:
    return lambda event: event.context.value_of(name)


def _stage_variable(name: str) -> Source:
    return lambda event: event.stage_variables.get(name)


def _query(name: str) -> Source:
    # The last of several values wins, as in the event AWS builds for Lambda.
    return lambda event: (event.handshake and _last(event.handshake.query_values(name))) or None


def _header(name: str) -> Source:
    return lambda event: (event.handshake and _last(event.handshake.header_values(name))) or None


def _every_query(name: str) -> Source:
    return lambda event: (event.handshake and ",".join(event.handshake.query_values(name))) or None


def _every_header(name: str) -> Source:
    return lambda event: (event.handshake and ",".join(event.handshake.header_values(name))) or None


def _body(path_text: str) -> Source:
    path = JsonPath.parse(path_text)

    def from_body(event: Event) -> str | None:
        try:
            found = path.find(parse_json(event.body))
        except ValueError:
            return None
        return stringify(found[0]) if found else None

    return from_body


def _last(values: tuple[str, ...]) -> str | None:
    return values[-1] if values else None


_READERS: Final[Mapping[str, Callable[[str], Source]]] = {
    "context.": _context,
    "stageVariables.": _stage_variable,
    "route.request.querystring.": _query,
    "route.request.header.": _header,
    "route.request.multivaluequerystring.": _every_query,
    "route.request.multivalueheader.": _every_header,
    "route.request.body.": _body,
}
