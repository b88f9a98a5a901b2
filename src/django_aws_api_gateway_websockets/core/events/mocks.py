"""The response of a MOCK integration: the status its request template asks for, and no body.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-mock-integration.html
"""

from typing import Final

from ..errors import TemplateError
from ..json_path import Json, parse_numeric_json
from .response import BackendResponse

__all__ = ["mock_response"]

_LOWEST: Final = 100
_HIGHEST: Final = 599


def mock_response(request_body: bytes, *, has_template: bool) -> BackendResponse:
    """The response to a request body that would have gone to a backend.

    Args:
        has_template: True when a template made it. Without one the response is 200, because a
            client's message does not decide about statuses (AWS does not document this case).

    Raises:
        TemplateError: the template does not make an object with a `statusCode`.
    """
    if not has_template:
        return BackendResponse(200)
    try:
        document: Json = parse_numeric_json(request_body.decode())
    except ValueError:
        document = None
    status = document.get("statusCode") if isinstance(document, dict) else None
    if isinstance(status, str) and status.isascii() and status.isdigit():
        status = int(status[:4])
    if isinstance(status, bool) or not isinstance(status, int) or not _LOWEST <= status <= _HIGHEST:
        raise TemplateError(
            'The request template of a MOCK integration has to make {"statusCode": 200}, or '
            "another status from 100 to 599."
        )
    return BackendResponse(status)
