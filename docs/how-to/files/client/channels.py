from django_aws_api_gateway_websockets.channels import Channel


class Room(Channel):
    pattern = "room-<slug:place>"

    def may_subscribe(self, user):
        return user.is_authenticated and self.place != "cellar"
