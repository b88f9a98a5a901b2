"""`/_gateway/project`: the project a gateway was started for, as that project has told it.

Another project that finds a gateway at its address learns here that it is not its own, and Django
learns which address its integrations have to call.
"""

import json
from typing import Final

from ..http.messages import HttpRequest, HttpResponse, json_response

__all__ = ["ProjectNote"]

FIELDS: Final = ("id", "name", "backend")
"""Names of the texts a note is made of."""

_LONGEST_TEXT: Final = 1000


class ProjectNote:
    """Responses to GET and PUT; empty until a project has told something."""

    def __init__(self) -> None:
        self._texts = dict.fromkeys(FIELDS, "")

    def respond(self, request: HttpRequest) -> HttpResponse:
        """Return the note after the request."""
        match request.method:
            case "GET":
                return json_response(200, self._texts)
            case "PUT":
                return self._replace(request)
        return HttpResponse(405, (("Allow", "GET, PUT"),))

    def _replace(self, request: HttpRequest) -> HttpResponse:
        try:
            texts = json.loads(request.body)
        except (ValueError, RecursionError):
            texts = None
        if not isinstance(texts, dict) or set(texts) != set(FIELDS) or not _are_short(texts):
            message = f"Send an object with the texts {', '.join(FIELDS)}."
            return json_response(400, {"message": message})
        self._texts = texts
        return json_response(200, self._texts)


def _are_short(texts: dict[str, object]) -> bool:
    return all(isinstance(text, str) and len(text) <= _LONGEST_TEXT for text in texts.values())
