"""Tags of resources that exist, found by their ARN.

Source: https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/tags-resource-arn.html and
https://docs.aws.amazon.com/apigateway/latest/api/API_TagResource.html
"""

import re
from http import HTTPStatus
from typing import Final

from ..http.messages import HttpRequest, HttpResponse, json_response
from .fields import body_of, texts
from .first_api.resources import CLIENT_CERTIFICATE, FIRST_ROOT, VPC_LINK
from .records import JsonObject, Record, bad_request, not_found
from .resources import ROOT
from .tree import find_node

__all__ = ["TAGS", "change_tags"]

TAGS: Final = "tags"
"""First segment in the paths of these calls."""

_ARN: Final = re.compile(r"arn:aws[a-z-]*:apigateway:[a-z0-9-]+::/(?P<path>.+)")
_OF_FIRST_API: Final = frozenset({CLIENT_CERTIFICATE.collection, VPC_LINK.collection})
_TAGGABLE: Final = frozenset({"API", "Stage", "DomainName", CLIENT_CERTIFICATE.name, VPC_LINK.name})


def change_tags(root: Record, request: HttpRequest, segments: tuple[str, ...]) -> HttpResponse:
    """Return the response to a call that lists, adds or removes tags.

    Raises:
        ControlError: there is no such resource, or it takes no such tags.
    """
    document = _document_of(root, "/".join(segments[1:]))
    match request.method:
        case "GET":
            return json_response(200, {"tags": document.get("tags", {})})
        case "POST" | "PUT":
            given = body_of(request).get("tags")
            if complaint := texts(given):
                raise bad_request(f"Invalid tags. {complaint}")
            document["tags"] = {**document.get("tags", {}), **(given or {})}
            # The first API puts tags and says nothing.
            is_put = request.method == "PUT"
            return HttpResponse(HTTPStatus.NO_CONTENT) if is_put else json_response(201, {})
        case "DELETE":
            gone = {key for name, key in request.query if name == "tagKeys"}
            tags = document.get("tags", {}).items()
            document["tags"] = {key: value for key, value in tags if key not in gone}
            return HttpResponse(HTTPStatus.NO_CONTENT)
        case _:
            raise not_found(f"There is no {request.method} for tags.")


def _document_of(root: Record, arn: str) -> JsonObject:
    matched = _ARN.fullmatch(arn)
    if matched is None:
        raise bad_request("Invalid ARN specified in the request.")
    segments = tuple(matched["path"].split("/"))
    top = FIRST_ROOT if segments[0] in _OF_FIRST_API else ROOT
    node = find_node(root, segments, top=top)
    if node.own_id is None or node.resource.name not in _TAGGABLE:
        raise bad_request("This resource takes no tags.")
    return node.record.document
