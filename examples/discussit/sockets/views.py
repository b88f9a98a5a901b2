"""The requests of the browser: one method for each `type` of message.

API Gateway calls this view like any other page, so its methods run in plain WSGI workers. The
values they return do not reach the browser; anything it should know is sent.
"""

from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest

from chat.models import find_group
from django_aws_api_gateway_websockets.models import WebSocketSession
from django_aws_api_gateway_websockets.views import WebSocketView
from sockets.channels import GroupChannel


class DiscussView(WebSocketView):
    """The sockets of the home page and of the group pages; `channels.py` says who may be where."""

    handler_selection_key = "type"
    # Nobody may be in a channel that `channels.py` does not declare.
    ALLOW_UNLISTED_CHANNELS = False
    ALLOWED_HANDLERS = frozenset({"default", "join_group", "leave_group", "text_message"})
    websocket_session: WebSocketSession

    def join_group(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        """Make the user a member, and say so to the page that asked."""
        group = find_group(self.body.get("data"))
        if group is None:
            return self._send_error("There is no such group.")
        group.add_user_to_group(request.user)
        return self._send(type="join_group", data=self.body["data"])

    def leave_group(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        """End the membership, and say so to the page that asked."""
        group = find_group(self.body.get("data"))
        if group is None:
            return self._send_error("There is no such group.")
        group.remove_user_from_group(request.user)
        return self._send(type="leave_group", data=self.body["data"])

    def text_message(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        """Store what the user says in the group of this connection, and send it to all in there.

        Author and group are the connection's own, whatever the message says.
        """
        group = find_group(self.websocket_session.channel_name)
        if group is None:
            return self._send_error("This page is in no group.")
        try:
            message = group.add_message(request.user, self.body.get("message"))
        except (PermissionDenied, ValidationError) as error:
            return self._send_error(" ".join(getattr(error, "messages", error.args)))
        if message is not None:
            GroupChannel(uuid=group.uuid).sessions().send_message(
                {
                    "type": "text_message",
                    "message": str(message),
                    "group_uuid": str(group.uuid),
                }
            )
        return None

    def default(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        """Ignore what names none of the above."""

    def _send(self, **frame: object) -> None:
        self.websocket_session.send_message(frame)

    def _send_error(self, message: str) -> None:
        self._send(type="error", message=message)
