"""References between the models of one API: addresses that are looked up, never fetched.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/models-mappings-models.html
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, TypeAlias

from jsonschema import Draft4Validator
from jsonschema.exceptions import SchemaError
from referencing import Registry
from referencing.jsonschema import DRAFT4

__all__ = ["ModelError", "Schema", "SchemasOfApi", "names_referred_to", "read_schema"]

_ADDRESS: Final = re.compile(
    r"https://apigateway\.amazonaws\.com/restapis/(?P<api_id>[^/#]+)/models/(?P<name>[^/#]+)(?:#.*)?"
)
_LONGEST: Final = 200

Schema: TypeAlias = dict[str, Any]


class ModelError(ValueError):
    """Error for a schema that cannot validate messages here."""


class SchemasOfApi:
    """The schemas of an API's models, by the addresses in their references.

    Raises:
        ModelError: a text is no JSON schema of draft 4.
    """

    def __init__(self, api_id: str, texts: Mapping[str, str]) -> None:
        self._api_id = api_id
        self._names = frozenset(texts)
        # A registry without a function that retrieves knows only its own resources.
        self.registry: Registry[Any] = Registry().with_resources(
            (_address_of(api_id, name), DRAFT4.create_resource(read_schema(text)))
            for name, text in texts.items()
        )

    def check_references(self, schema: Schema) -> None:
        """Check that a schema refers only to itself and to models of its API.

        Raises:
            ModelError: it refers to something else.
        """
        for reference in _references(schema):
            complaint = self._complaint_about(reference)
            if complaint is not None:
                raise ModelError(f"$ref to {reference[:_LONGEST]!r} {complaint}")

    def _complaint_about(self, reference: str) -> str | None:
        if reference.startswith("#"):
            return None
        address = _ADDRESS.fullmatch(reference)
        if address is None:
            # AWS was seen to say "Model reference must be in canonical form".
            return (
                "leads out of the API, which is not followed here: Model reference must be in "
                f"canonical form, {_address_of(self._api_id, '{model-name}')}"
            )
        if address["api_id"] != self._api_id:
            return f"leads to another API: the id of this one is {self._api_id}"
        if address["name"] not in self._names:
            return "names a model that this API does not have: create that one first"
        return None


def read_schema(text: str) -> Schema:
    """Parse a schema.

    Raises:
        ModelError: the text is no JSON schema of draft 4.
    """
    try:
        schema = json.loads(text)
        Draft4Validator.check_schema(schema)
    except SchemaError as error:
        raise ModelError(f"{error.message[:_LONGEST]}") from error
    except (ValueError, RecursionError):
        raise ModelError("it is not JSON") from None
    if not isinstance(schema, dict):
        raise ModelError("it is not a JSON object")
    return schema


def names_referred_to(text: str) -> set[str]:
    """Return the names of the models that a valid schema refers to."""
    addresses = map(_ADDRESS.fullmatch, _references(json.loads(text)))
    return {address["name"] for address in addresses if address is not None}


def _address_of(api_id: str, name: str) -> str:
    return f"https://apigateway.amazonaws.com/restapis/{api_id}/models/{name}"


def _references(schema: Any) -> Iterator[str]:
    """Yield every `$ref` of a schema; reading it has limited its depth."""
    waiting = [schema]
    while waiting:
        part = waiting.pop()
        if isinstance(part, list):
            waiting += part
        elif isinstance(part, dict):
            if isinstance(part.get("$ref"), str):
                yield part["$ref"]
            waiting += part.values()
