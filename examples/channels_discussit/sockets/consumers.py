"""One consumer for the sockets of the home page, one for those of the group pages.

An instance lives as long as its socket, in the process that accepted it.
"""

import json
from typing import Any

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer, WebsocketConsumer
from django.core.exceptions import PermissionDenied, ValidationError

from chat.models import Group, Message, find_group


class JoinAndLeave(WebsocketConsumer):
    """Joins and leaves groups for the user of a home page."""

    def connect(self) -> None:
        """Accept who is logged in."""
        self.user = self.scope["user"]
        if self.user.is_authenticated:
            self.accept()
        else:
            self.close()

    def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Do what a known `type` asks for, and send the same back."""
        frame = read_frame(text_data)
        action = frame.get("type")
        if action not in {"join_group", "leave_group"}:
            return
        group = find_group(frame.get("data"))
        if group is None:
            self._send(type="error", message="There is no such group.")
            return
        if action == "join_group":
            group.add_user_to_group(self.user)
        else:
            group.remove_user_from_group(self.user)
        self._send(type=action, data=frame["data"])

    def _send(self, **frame: object) -> None:
        self.send(json.dumps(frame))


class GroupConsumer(AsyncWebsocketConsumer):
    """Brings what a member says to all sockets of a group, and to this one what others say."""

    group: Group | None = None

    async def connect(self) -> None:
        """Accept members."""
        self.user = self.scope["user"]
        group = await find_own_group(self.scope["url_route"]["kwargs"]["uuid"], self.user)
        if group is None:
            await self.close()
            return
        self.group, self.name = group, str(group.uuid)
        await self.channel_layer.group_add(self.name, self.channel_name)
        await self.accept()

    async def disconnect(self, code: int) -> None:
        """Hear nothing more."""
        if self.group is not None:
            await self.channel_layer.group_discard(self.name, self.channel_name)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Store what the user says, and send it to all in the group.

        Author and group are the connection's own, whatever the message says.
        """
        frame = read_frame(text_data)
        if frame.get("type") != "text_message":
            return
        try:
            said = await add_message(self.group, self.user, frame.get("message"))
        except (PermissionDenied, ValidationError) as error:
            await self._send(type="error", message=" ".join(getattr(error, "messages", error.args)))
            return
        if said is not None:
            await self.channel_layer.group_send(
                self.name, {"type": "text_message", "message": said}
            )

    async def text_message(self, event: dict[str, Any]) -> None:
        """Pass on what somebody in the group has said."""
        await self._send(type="text_message", message=event["message"], group_uuid=self.name)

    async def event_message(self, event: dict[str, Any]) -> None:
        """Pass on who joined or left; this is the last thing that whoever left hears."""
        await self._send(**event)
        if event["status"] == "Left" and event["user"] == self.user.get_username():
            await self.close()

    async def recheck(self, event: dict[str, Any]) -> None:
        """Close the socket of a user who is not a member any more."""
        is_meant = event["users"] is None or self.user.pk in event["users"]
        if is_meant and await find_own_group(self.name, self.user) is None:
            await self.close()

    async def _send(self, **frame: object) -> None:
        await self.send(json.dumps(frame))


def read_frame(text: str | None) -> dict[str, Any]:
    """Return the object a frame holds; an empty one when it holds something else."""
    try:
        frame = json.loads(text or "")
    except ValueError:
        return {}
    return frame if isinstance(frame, dict) else {}


@database_sync_to_async
def find_own_group(uuid: object, user: Any) -> Group | None:
    """Return the group if the user is a member of it."""
    group = find_group(uuid)
    return group if group is not None and group.has_member(user) else None


@database_sync_to_async
def add_message(group: Group, user: Any, text: object) -> str | None:
    """Store what the user says; return the line that shows it, None if there is none."""
    message: Message | None = group.add_message(user, text)
    return None if message is None else str(message)
