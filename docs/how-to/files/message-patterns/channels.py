from django_aws_api_gateway_websockets.channels import Channel


class Room(Channel):
    pattern = "room-<int:pk>"

    def may_subscribe(self, user):
        return user.is_authenticated
