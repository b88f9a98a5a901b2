"""The rooms: each is a channel that pages subscribe to."""

from typing import Any

from django_aws_api_gateway_websockets.channels import Channel

ROOMS = ("general", "support", "random")


class Room(Channel):
    """A room. Anybody may be in it, and everybody in it is told who else is."""

    pattern = "<slug:room>"
    presence = True

    room: str

    def may_subscribe(self, user: Any) -> bool:
        return self.room in ROOMS
