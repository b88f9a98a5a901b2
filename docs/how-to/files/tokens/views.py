from django_aws_api_gateway_websockets.views import WebSocketView


class ChatSocketView(WebSocketView):
    ALLOWED_HANDLERS = {"say"}

    def say(self, request, *args, **kwargs):
        author, text = request.user.get_username(), str(self.body.get("text"))
        self.websocket_session.send_message({"from": author, "text": text})
