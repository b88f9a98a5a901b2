from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404

from django_aws_api_gateway_websockets.views import WebSocketView


class TeamSocketView(WebSocketView):
    ALLOWED_HANDLERS = {"look", "rename", "remove"}
    # Any of these, for every message; for all of them there is `all_permissions_required`.
    permissions_required = ["auth.view_group", "auth.change_group"]
    # For the connect as well.
    CHECK_PERMISSIONS_ON_CONNECT = True

    def look(self, request, *args, **kwargs):
        return {"name": self.team().name}

    # For one handler.
    def rename(self, request, *args, **kwargs):
        if not request.user.has_perm("auth.change_group"):
            raise PermissionDenied
        team = self.team()
        team.name = str(self.body["name"])
        team.save()
        return {"name": team.name}

    # For one object, by your own rule.
    def remove(self, request, *args, **kwargs):
        team = self.team()
        if team not in request.user.groups.all():
            raise PermissionDenied
        team.delete()

    def team(self):
        return get_object_or_404(Group, pk=self.body["team"])


class OwnChannelSocketView(WebSocketView):
    ALLOWED_HANDLERS = {"default"}

    def can_join_channel(self, request, channel_name):
        return channel_name == f"user_{request.user.pk}"

    def default(self, request, *args, **kwargs):
        pass
