from django_aws_api_gateway_websockets.channels import Channel


class Room(Channel):
    pattern = "room-<int:pk>"
    presence = True

    def may_subscribe(self, user):
        # Your own rule stands here, such as: user.memberships.filter(group=self.pk).exists()
        return user.is_authenticated
