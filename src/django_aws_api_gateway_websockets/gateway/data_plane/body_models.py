"""Models: JSON schemas of draft 4 that messages of a route have to follow.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-request-validation.html
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from jsonschema import Draft4Validator
from jsonschema.exceptions import SchemaError
from referencing import Registry

from ...core.expressions import SelectionExpression
from ...core.json_path import parse_numeric_json
from ...core.routes import DEFAULT

__all__ = ["BodyModel", "ModelError", "RouteModels"]

MOST_COMPLAINTS: Final = 20

_LONGEST: Final = 200


class ModelError(ValueError):
    """A schema is not one that messages can be held to here."""


class BodyModel:
    """One compiled schema.

    Raises:
        ModelError: the text is no JSON schema of draft 4, or refers to something outside of it.
    """

    def __init__(self, schema_text: str) -> None:
        try:
            schema = json.loads(schema_text)
            Draft4Validator.check_schema(schema)
        except SchemaError as error:
            raise ModelError(f"{error.message[:_LONGEST]}") from error
        except (ValueError, RecursionError):
            raise ModelError("it is not JSON") from None
        if not isinstance(schema, dict):
            raise ModelError("it is not a JSON object")
        outside = next((ref for ref in _references(schema) if not ref.startswith("#")), None)
        if outside is not None:
            # AWS follows references to other models of the API; nothing else may be fetched.
            raise ModelError(
                f"$ref to {outside[:_LONGEST]!r} leads out of the model, which is not followed "
                "here: put the definition into the model"
            )
        self._validator = Draft4Validator(schema, registry=Registry())

    def complaint(self, document: Any) -> str | None:
        """What is wrong with a document, by place and rule and without its values."""
        # A message of nothing but mistakes has tens of thousands.
        errors = list(islice(self._validator.iter_errors(document), MOST_COMPLAINTS))
        if not errors:
            return None
        return f"[{', '.join(f'{error.json_path} breaks {error.validator}' for error in errors)}]"


@dataclass(frozen=True, slots=True)
class RouteModels:
    """The models of a route, and the expression that picks one."""

    selection: SelectionExpression | None
    by_key: Mapping[str, BodyModel]

    def complaint(self, body: str) -> str | None:
        """What is wrong with a message; `None` for one that may pass.

        A key no model has, without a `$default` model, is a failure of the message.
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
        except RecursionError:
            return "[the message is nested too deeply]"


def _references(schema: Any) -> Iterator[str]:
    """Every `$ref` of a schema; its depth has been bounded by reading it."""
    waiting = [schema]
    while waiting:
        part = waiting.pop()
        if isinstance(part, list):
            waiting += part
        elif isinstance(part, dict):
            if isinstance(part.get("$ref"), str):
                yield part["$ref"]
            waiting += part.values()
