"""The answer of a MOCK integration: the status its request template asks for, and no body.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-mock-integration.html
"""

from typing import Final

from ..errors import TemplateError
from ..json_path import Json, parse_numeric_json
from .response import BackendResponse

__all__ = ["mock_answer"]

_LOWEST: Final = 100
_HIGHEST: Final = 599


def mock_answer(request_body: bytes, *, has_template: bool) -> BackendResponse:
    """The answer to a request body that would have gone to a backend.

    Args:
        has_template: whether a template made it; without one the answer is 200, because a client's
            message does not decide about statuses (what AWS does then is not documented).

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
