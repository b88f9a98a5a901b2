from django.contrib.auth.models import Group

from django_aws_api_gateway_websockets.channels import Channel


class PublicChannel(Channel):
    pattern = "public-<slug:topic>"

    def may_subscribe(self, user):
        return True


class PrivateChannel(Channel):
    """This class decides what an authorisation endpoint has decided."""

    pattern = "private-team-<int:pk>"

    def may_subscribe(self, user):
        return user.is_authenticated and user.groups.filter(pk=self.pk).exists()

    # Client events: a page may publish by itself.
    def may_publish(self, user):
        return self.may_subscribe(user)


class PresenceChannel(Channel):
    pattern = "presence-team-<int:pk>"
    presence = True

    def may_subscribe(self, user):
        return user.is_authenticated and Group.objects.filter(pk=self.pk, user=user).exists()

    def describe_member(self, user):
        return {"name": user.get_full_name() or user.get_username()}
