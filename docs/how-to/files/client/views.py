from chat.channels import Room
from django_aws_api_gateway_websockets.views import WebSocketView


class ChatSocketView(WebSocketView):
    ALLOWED_HANDLERS = {"say", "change_channel"}

    def say(self, request, *args, **kwargs):
        author, text = request.user.get_username(), str(self.body["text"])
        Room.of_name(self.body["room"]).publish({"from": author, "text": text})
        return {"characters": len(text)}

    def change_channel(self, request, *args, **kwargs):
        return super().change_channel(request, *args, **kwargs)
