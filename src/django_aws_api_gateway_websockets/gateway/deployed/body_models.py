"""Models: JSON schemas of draft 4 for the messages of a route.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-request-validation.html
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from jsonschema import Draft4Validator
from referencing.exceptions import Unresolvable

from ...core.events.expressions import SelectionExpression
from ...core.events.routes import DEFAULT
from ...core.json_path import parse_numeric_json
from .model_references import SchemasOfApi, read_schema

__all__ = ["BodyModel", "RouteModels"]

MOST_COMPLAINTS: Final = 20

_LONGEST: Final = 200


class BodyModel:
    """One compiled schema.

    Args:
        siblings: the models of its API, with this one; `None` for a schema without others.

    Raises:
        ModelError: the text is no JSON schema of draft 4, or refers to something unknown.
    """

    def __init__(self, schema_text: str, siblings: SchemasOfApi | None = None) -> None:
        schema = read_schema(schema_text)
        siblings = siblings or SchemasOfApi("", {})
        siblings.check_references(schema)
        self._validator = Draft4Validator(schema, registry=siblings.registry)

    def complaint(self, document: Any) -> str | None:
        """Return the mistakes of a document, by place and rule and without its values."""
        # A message full of mistakes has tens of thousands of them.
        errors = list(islice(self._validator.iter_errors(document), MOST_COMPLAINTS))
        if not errors:
            return None
        return f"[{', '.join(f'{error.json_path} breaks {error.validator}' for error in errors)}]"


@dataclass(frozen=True, slots=True)
class RouteModels:
    """The models of a route, and the expression that selects one."""

    selection: SelectionExpression | None
    by_key: Mapping[str, BodyModel]

    def complaint(self, body: str) -> str | None:
        """Return the mistakes of a message; `None` for a valid one.

        A key without a model is a mistake too, unless there is a `$default` model.
        """
        key = DEFAULT if self.selection is None else self.selection.key_for(body)
        model = self.by_key.get(key) or self.by_key.get(DEFAULT)
        if model is None:
            return f"[no model has the key {key[:_LONGEST]!r}]"
        try:
            document = parse_numeric_json(body)
            return model.complaint(document)
        except ValueError:
            return "[the message is not JSON]"
        except Unresolvable as error:
            return f"[the model refers to {error.ref[:_LONGEST]!r}, which it does not have]"
        except RecursionError:
            # Models that refer to each other in a circle exceed the depth with any message.
            return "[the message, or what its model refers to, is nested too deeply]"
