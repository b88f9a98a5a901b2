"""Parts of a record with addresses of their own: settings to delete, a template to get.

Source: https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/api-reference.html
"""

import json
from http import HTTPStatus

from ..http.messages import HttpResponse, json_response
from .records import JsonObject, Record, not_found
from .resources import API, Resource
from .stage_settings import unknown_route_settings
from .tree import Node, find_node

__all__ = ["Subresource", "find_subresource"]


class Subresource:
    """A part of one record.

    Args:
        node: the place of the record.
        name: the part's name in the path.
        key: the key of one of several; `None` where there is only one.
    """

    def __init__(self, node: Node, name: str, key: str | None) -> None:
        self.node = node
        self._name = name
        self._key = key

    def respond(self, method: str) -> HttpResponse:
        """Return the response to a call for the part; a DELETE removes it.

        Raises:
            ControlError: there is no such record, part or method.
        """
        document = self.node.record.document
        match self._name, self._key, method:
            case "template", None, "GET":
                return json_response(200, {"value": model_template(document["schema"])})
            case "accesslogsettings", None, "DELETE":
                document.pop("accessLogSettings", None)
            case "routesettings", str(key), "DELETE":
                _take_out(document, "routeSettings", key, missing=unknown_route_settings(key))
            case "requestparameters", str(key), "DELETE":
                _take_out(document, "requestParameters", key, missing=_unknown_parameter(key))
            case _:
                raise not_found(f"There is no {method} for {self._name} of this resource.")
        return HttpResponse(HTTPStatus.NO_CONTENT)


_SUBRESOURCES = {
    "Model": {"template": 0},
    "Route": {"requestparameters": 1},
    "Stage": {"accesslogsettings": 0, "routesettings": 1},
}
"""Parts of each resource, and the number of segments that select one of several."""


def find_subresource(root: Record, segments: tuple[str, ...]) -> Subresource | None:
    """Return the part that a path leads to; `None` for the path of a resource.

    Raises:
        ControlError: a record on the way does not exist.
    """
    # apis/ID/COLLECTION/ID/PART[/KEY]
    if len(segments) not in {5, 6} or segments[0] != API.collection:
        return None
    resource: Resource | None = API.child(segments[2])
    keys = None if resource is None else _SUBRESOURCES.get(resource.name, {}).get(segments[4])
    if keys is None or len(segments) != 5 + keys:
        return None
    return Subresource(find_node(root, segments[:4]), segments[4], segments[5] if keys else None)


def model_template(schema_text: str) -> str:
    """Make a mapping template that copies the data of a model, like AWS's from a schema."""
    return f"#set($inputRoot = $input.path('$'))\n{_sample(json.loads(schema_text), '$inputRoot')}"


def _sample(schema: JsonObject, path: str, indent: str = "") -> str:
    match schema.get("type"):
        case "object":
            inner = indent + "  "
            fields = [
                f'{inner}"{name}" : {_sample(field, f"{path}.{name}", inner)}'
                for name, field in schema.get("properties", {}).items()
            ]
            return "{\n" + ",\n".join(fields) + f"\n{indent}}}" if fields else "{ }"
        case "array":
            item = _sample(schema.get("items", {}), "$elem", indent)
            return (
                f"[\n#foreach($elem in {path})\n{indent} {item}#if($foreach.hasNext),#end\n"
                f"#end\n{indent}]"
            )
        case "integer" | "number" | "boolean":
            return path
        case _:
            return f'"{path}"'


def _take_out(document: JsonObject, field: str, key: str, *, missing: Exception) -> None:
    entries = document.get(field, {})
    if key not in entries:
        raise missing
    document[field] = {name: entry for name, entry in entries.items() if name != key}


def _unknown_parameter(key: str) -> Exception:
    return not_found(f"Invalid request parameter specified {key[:128]}", resource_type="Route")
