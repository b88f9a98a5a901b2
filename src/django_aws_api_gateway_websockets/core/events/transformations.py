"""Changes to a message on its way to an integration, and to the response on its way back.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-data-transformations.html
"""

import re
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from ..errors import ExpressionError, NoTemplateError, TemplateError
from .event import Event
from .expressions import SelectionExpression
from .response import BackendResponse
from .routes import DEFAULT
from .templates import MappingTemplate

__all__ = [
    "JSON_TYPE",
    "IntegrationResponse",
    "Passthrough",
    "RequestTransformation",
    "Templates",
    "parse_response_key",
    "reply_to",
]


JSON_TYPE: Final = "application/json"
"""Key of the template for a message whose content type is not stated, as it never is."""


class Passthrough(StrEnum):
    """Ways to treat a message that no template takes.

    Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/integration-passthrough-behaviors.html
    """

    WHEN_NO_MATCH = "WHEN_NO_MATCH"
    """It goes on as it is."""
    WHEN_NO_TEMPLATES = "WHEN_NO_TEMPLATES"
    """It goes on as it is if there is no template at all, and is refused otherwise."""
    NEVER = "NEVER"
    """It is refused."""


@dataclass(frozen=True, slots=True)
class Templates:
    """Templates by key, and the expression that gives the key."""

    by_key: Mapping[str, MappingTemplate] = field(default_factory=dict)
    selection: SelectionExpression | None = None

    def select(self, body: str, response: BackendResponse | None = None) -> MappingTemplate | None:
        """The template for a message or its response: by its key, or else `$default`.

        Without an expression, or where it asks for `$default` and there is none, the template of
        the content type is used that REST APIs assume. AWS calls the keys content types in one
        place and results of the expression in another; how the two meet is not published.
        """
        key = DEFAULT if self.selection is None else self.selection.key_for(body, response)
        found = self.by_key.get(key) or self.by_key.get(DEFAULT)
        return self.by_key.get(JSON_TYPE) if found is None and key == DEFAULT else found

    @property
    def is_assumed(self) -> bool:
        """Tell whether the template of `application/json` stands in for a missing `$default`."""
        return self._constant == DEFAULT and DEFAULT not in self.by_key and JSON_TYPE in self.by_key

    @property
    def unreachable(self) -> tuple[str, ...]:
        """The keys that nothing ever selects."""
        if self._constant is None:
            return ()
        chosen = {self._constant, DEFAULT} | ({JSON_TYPE} if self.is_assumed else set())
        return tuple(key for key in self.by_key if key not in chosen)

    @property
    def _constant(self) -> str | None:
        return DEFAULT if self.selection is None else self.selection.constant


@dataclass(frozen=True, slots=True)
class RequestTransformation:
    """The rule by which an integration's request body is made."""

    templates: Templates = field(default_factory=Templates)
    passthrough: Passthrough = Passthrough.WHEN_NO_MATCH
    decodes_base64: bool = False
    """CONVERT_TO_BINARY: the message is base64 of what the backend is to get.

    Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-develop-binary-media-types.html
    """

    def body_for(self, event: Event) -> bytes:
        """The body of the call.

        Raises:
            NoTemplateError: no template takes the message, and it may not go on without.
            TemplateError: the template cannot be evaluated, or the message is not base64.
        """
        template = self.templates.select(event.body)
        if template is not None:
            text = template.render(event, event.body)
        elif self._refuses_without_template():
            raise NoTemplateError(
                f"No request template takes the message, and PassthroughBehavior {self.passthrough}"
                " does not let it pass without."
            )
        else:
            text = event.body
        return _decoded(text) if self.decodes_base64 else text.encode(errors="replace")

    def _refuses_without_template(self) -> bool:
        if self.passthrough is Passthrough.WHEN_NO_TEMPLATES:
            return bool(self.templates.by_key)
        return self.passthrough is Passthrough.NEVER


@dataclass(frozen=True, slots=True)
class IntegrationResponse:
    """The rule for responses of one kind."""

    status_pattern: re.Pattern[str] | None
    """Status codes it takes; `None` for those that no other rule takes."""
    templates: Templates = field(default_factory=Templates)
    encodes_base64: bool = False
    """CONVERT_TO_TEXT: clients get the base64 of what the backend returned."""

    def transform(self, event: Event, response: BackendResponse) -> bytes:
        """Return what the client gets.

        Raises:
            TemplateError: the template cannot be evaluated.
        """
        body = b64encode(response.body) if self.encodes_base64 else response.body
        template = self.templates.select(event.body, response)
        if template is None:
            return body
        text = template.render(event, body.decode(errors="replace"), status=response.status)
        return text.encode(errors="replace")


_RESPONSE_KEY: Final = re.compile(r"/(?P<pattern>.+)/", re.DOTALL)


def parse_response_key(key: str) -> re.Pattern[str] | None:
    """The status codes an IntegrationResponseKey stands for; `None` for `$default`.

    Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-integration-responses.html

    Raises:
        ExpressionError: it is neither `$default` nor a pattern between slashes.
    """
    if key == DEFAULT:
        return None
    found = _RESPONSE_KEY.fullmatch(key)
    try:
        if found is not None:
            return re.compile(found["pattern"])
    except re.error:
        pass
    raise ExpressionError(
        f"Invalid integration response key {key[:60]!r}: write $default, or a regular expression "
        r"for the status code between slashes, like /2\d\d/."
    )


def reply_to(
    responses: tuple[IntegrationResponse, ...], event: Event, response: BackendResponse
) -> bytes:
    """Return what the client gets for a response of an integration that is no proxy.

    Raises:
        TemplateError: no integration response takes the response, or its template goes wrong.
    """
    status = str(response.status)
    chosen = next(
        (r for r in responses if r.status_pattern and r.status_pattern.fullmatch(status)),
        next((r for r in responses if r.status_pattern is None), None),
    )
    if chosen is None:
        # "No match for output mapping and no default endpoint response configured", as REST APIs
        # say in their execution log before they respond with 500.
        raise TemplateError(
            f"No integration response takes the status {status}: create one with the key "
            "$default, or one whose pattern matches."
        )
    return chosen.transform(event, response)


def _decoded(text: str) -> bytes:
    try:
        return b64decode(text, validate=True)
    except ValueError as error:
        raise TemplateError(
            "The message is not base64, which CONVERT_TO_BINARY needs it to be."
        ) from error
