"""Explanations of what goes wrong with an open socket, or with opening it."""

from http import HTTPStatus
from typing import Any, Final

from botocore.exceptions import ClientError
from django.utils.text import capfirst

from ...aws.failures import explain_failure, lacks_right, name_failure
from ...conf import uses_local_gateway
from ...delivery.outcome import Outcome, OutcomeKind
from ..visit.reasons import find_reason
from ..visit.requests import BackendResponse
from ..visit.sockets import HandshakeRefusedError
from .case import Case
from .finding import Finding, broken
from .refusals import explain_backend, explain_refusal

__all__ = ["explain_lost_message", "explain_post", "explain_refused_connect"]

_PAGE: Final = "docs/reference/errors.md#refused-connections"
_LONGEST_QUOTE: Final = 120


def explain_refused_connect(case: Case, refused: HandshakeRefusedError) -> Finding:
    """Explain why the view, which a probe has reached, does not let the socket open."""
    response = BackendResponse(refused.status, refused.body)
    text = response.text
    if reason := find_reason(text):
        words = f"The view refused the connect: {reason.text} ({reason.said!r})."
        return broken(words, reason.remedy, _PAGE)
    if refused.status >= HTTPStatus.INTERNAL_SERVER_ERROR or text.startswith(("{", "<")):
        is_of_django = "Internal server error" not in text
        if refused.status == HTTPStatus.INTERNAL_SERVER_ERROR and is_of_django:
            return broken(
                "The view failed on the connect (500).",
                "The traceback is in Django's log: a hook of your view, or its connect().",
                _PAGE,
            )
        return explain_refusal(case, response)
    shown = text[:_LONGEST_QUOTE]
    return broken(
        f"The view refused the connect with {refused.status}: {shown!r}.",
        "If these words are your own, _additional_connection_checks() or connect() has said no; "
        "else Django's log has the reason.",
        _PAGE,
    )


def explain_lost_message(case: Case, frame: dict[str, Any]) -> Finding:
    """Explain why a message did not get to the view.

    Args:
        case: the API.
        frame: the frame that API Gateway has sent in response; empty when there was none.
    """
    page = "docs/reference/errors.md#refused-messages"
    if frame.get("message") == "Forbidden":
        again = "Start `python manage.py runserver` again."
        return broken(
            "No route of the API takes the message: there is no $default.",
            again if uses_local_gateway() else 'Choose "Sync to AWS" for the record in the admin.',
        )
    if found := explain_backend(case, "default"):
        return found
    if frame:
        return broken(
            f"API Gateway got no usable response to a message: {frame.get('message')}.",
            "Look at Django's log: something raised before the handler, or took too long.",
            page,
        )
    return broken(
        "A message from the socket did not get to the view, and nobody has said why.",
        "Look at Django's log: a middleware that judges by cookies refuses messages (W016), and "
        "so do permissions_required that the user lacks.",
        page,
    )


def explain_post(case: Case, error: Exception, outcome: Outcome) -> Finding:
    """Explain why a post to the socket was not taken."""
    if outcome.kind is OutcomeKind.GONE:
        return broken(
            "API Gateway says that the socket, which is open, does not exist (410).",
            "The address of @connections leads to another API or stage: see "
            'WEBSOCKETS["management_endpoint_url"], AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI and '
            "the stage of the record.",
        )
    if outcome.kind is OutcomeKind.THROTTLED:
        return broken(
            "API Gateway takes no more posts at the moment (429).", "Wait, and try again."
        )
    if isinstance(error, ClientError) and outcome.status == HTTPStatus.FORBIDDEN:
        return _explain_forbidden(error, outcome)
    name, explained = name_failure(error), explain_failure(error)
    return broken(f"The post to @connections failed: {name}.", f"{capfirst(explained)}.")


def _explain_forbidden(error: ClientError, outcome: Outcome) -> Finding:
    said = str(error.response.get("Error", {}).get("Message", ""))
    # Ours, and no words of AWS.
    advice = next((said[said.index(one) :] for one in ("The address ",) if one in said), "")
    if advice:
        return broken(
            f"API Gateway refuses the address of @connections. {advice}",
            'Correct WEBSOCKETS["management_endpoint_url"] or the AWS_ENDPOINT_URL variables.',
        )
    if outcome.error_code == "ForbiddenException":
        return broken(
            "API Gateway knows no such address of @connections (Forbidden).",
            "See that the stage of the record exists, and that "
            'WEBSOCKETS["management_endpoint_url"] has the right form.',
        )
    if lacks_right(error):
        return broken(
            "These credentials may not send to sockets.",
            "Give their user or role execute-api:ManageConnections on this API.",
        )
    explained = explain_failure(error)
    return broken(
        f"API Gateway does not accept the signature: {name_failure(error)}.",
        f"{capfirst(explained)}.",
    )
