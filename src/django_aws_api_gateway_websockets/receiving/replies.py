"""Replies to the frames of a client: as the route's response, or as a message of their own."""

import json
import logging
from http import HTTPStatus
from typing import Any, Final

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, HttpResponseBase, JsonResponse
from django.template.response import SimpleTemplateResponse

from ..core.errors import MessageTooLargeError
from ..core.wire_protocol import ErrorCode, Frame, RequestId, reply_error, reply_ok
from ..models import WebSocketSession
from ..sending.frames import post_text
from ..sending.messages import serialise_message
from .event import LIFECYCLE
from .frames import reply_id_of, request_id_of
from .hooks import Hooks

__all__ = ["Replies", "send_reply"]

logger = logging.getLogger("django_aws_api_gateway_websockets.views")

_LONGEST_MESSAGE: Final = 500


class Replies:
    """The replies to the messages of one client, where it wants any.

    Args:
        view: has the message and its session.
    """

    def __init__(self, view: Hooks) -> None:
        self._view = view

    def are_wanted(self, method: str, result: Any) -> bool:
        """Tell whether the client is to get what the handler of a message returned.

        Args:
            method: the handler.
            result: what it returned.
        """
        if method in LIFECYCLE or request_id_of(self._view.body) is None:
            return False
        # An application may have ids of its own in its messages, and its handlers return responses.
        is_of_client = bool(self._view.websocket_session.client_id)
        return is_of_client or not (result is None or isinstance(result, HttpResponseBase))

    def respond(self, method: str, result: Any) -> HttpResponseBase:
        """Return the response for what a method returned; the client gets it where it asked."""
        session = self._view.websocket_session
        response = result if isinstance(result, HttpResponseBase) else JsonResponse({})
        request_id = request_id_of(self._view.body)
        if request_id is not None and self.are_wanted(method, result):
            reply = _reply_of_handler(request_id, result)
            if response.status_code < HTTPStatus.BAD_REQUEST:
                return send_reply(session, reply)
            # API Gateway, and with it the live page, still hears of the refusal.
            _post(session, reply)
            return response
        if method not in LIFECYCLE and result is None and _sends_responses(session):
            # The client would get the empty object.
            return HttpResponse()
        return response

    def tell_failure(self, method: str, failure: Exception) -> None:
        """Tell a client that waits for a reply that the handler has raised."""
        request_id = request_id_of(self._view.body)
        if request_id is not None and self.are_wanted(method, None):
            _post(self._view.websocket_session, _reply_of_failure(request_id, failure))

    def asks_for_once(self, method: str) -> bool:
        """Tell whether a client wants its message handled once, however often it comes."""
        return self._view.body.get("once") is True and self.are_wanted(method, None)

    def refuse_once(self) -> HttpResponseBase:
        """Refuse such a message in words."""
        text = "once is not served yet: leave it out, and let the handler bear a repeat."
        request_id = reply_id_of(self._view.body)
        refused = reply_error(request_id, ErrorCode.HISTORY_UNAVAILABLE, text)
        return send_reply(self._view.websocket_session, refused)


def send_reply(session: WebSocketSession, frame: Frame) -> HttpResponse:
    """Send a reply to a client, and return the response to API Gateway.

    Where the API has a route response, the response is the reply, and nothing else is sent.

    Args:
        session: connection of the client.
        frame: the reply; an error takes the place of one that cannot be sent.
    """
    if _sends_responses(session):
        return HttpResponse(_text_of(frame), content_type="application/json")
    _post(session, frame)
    return JsonResponse({})


def _post(session: WebSocketSession, frame: Frame) -> None:
    WebSocketSession.mark_gone(post_text([session.recipient()], _text_of(frame)))


def _sends_responses(session: WebSocketSession) -> bool:
    return session.api_gateway is not None and session.api_gateway.has_route_responses


def _reply_of_handler(request_id: RequestId, result: Any) -> Frame:
    """Return the reply to a message whose handler has returned.

    Args:
        request_id: the id the client chose.
        result: a value, or a response: its status tells whether it went well.
    """
    if isinstance(result, HttpResponseBase):
        return _reply_of_response(request_id, result)
    return reply_ok(request_id, data=result)


def _reply_of_failure(request_id: RequestId, failure: Exception | None = None) -> Frame:
    """Return the reply to a message whose handler has raised; the client learns no details."""
    if isinstance(failure, PermissionDenied):
        return reply_error(request_id, ErrorCode.FORBIDDEN, "You may not do this.")
    if isinstance(failure, MessageTooLargeError):
        return reply_error(request_id, ErrorCode.TOO_LARGE, "The message is too large.")
    if isinstance(failure, NotImplementedError):
        return reply_error(request_id, ErrorCode.UNKNOWN_ACTION, "No handler has this name.")
    return reply_error(request_id, ErrorCode.HANDLER_FAILED, "The handler failed.")


def _reply_of_response(request_id: RequestId, response: HttpResponseBase) -> Frame:
    try:
        content = _content_of(response)
    except Exception as failure:
        logger.exception("The response of a handler could not be rendered.")
        return _reply_of_failure(request_id, failure)
    if response.status_code < HTTPStatus.BAD_REQUEST:
        return reply_ok(request_id, data=_data_of(content))
    is_denied = response.status_code == HTTPStatus.FORBIDDEN
    code = ErrorCode.FORBIDDEN if is_denied else ErrorCode.REFUSED
    return reply_error(request_id, code, content[:_LONGEST_MESSAGE])


def _content_of(response: HttpResponseBase) -> str:
    if isinstance(response, SimpleTemplateResponse):
        # Django would do so later, when the reply is sent already.
        response.render()
    return response.content.decode(errors="replace") if isinstance(response, HttpResponse) else ""


def _data_of(content: str) -> Any:
    try:
        return json.loads(content) if content else None
    except (ValueError, RecursionError):
        return content


def _text_of(frame: Frame) -> str:
    """Return the text of a reply; of one that cannot be sent, that of an error in its place."""
    try:
        return serialise_message(frame)
    except MessageTooLargeError:
        code, text = ErrorCode.TOO_LARGE, "The reply is too large to be sent."
    except ValueError:
        logger.exception("A reply has what JSON cannot express.")
        code, text = ErrorCode.HANDLER_FAILED, "The handler failed."
    return serialise_message(reply_error(frame["id"], code, text))
