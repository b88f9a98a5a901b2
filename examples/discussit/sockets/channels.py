"""The channels of DiscussIt, and who may be in them; the package finds this file by its name."""

from typing import Any
from uuid import UUID

from chat.models import Group
from django_aws_api_gateway_websockets.channels import Channel


class Home(Channel):
    """The home page; what travels there is between one page and Django."""

    pattern = "home"

    def may_subscribe(self, user: Any) -> bool:
        """Admit who is logged in."""
        return bool(user.is_authenticated)


class GroupChannel(Channel):
    """A group; its channel has the name that the page's address has."""

    pattern = "<uuid:uuid>"
    uuid: UUID

    def may_subscribe(self, user: Any) -> bool:
        """Admit members."""
        return Group.members.through.objects.filter(group__uuid=self.uuid, user=user.pk).exists()
