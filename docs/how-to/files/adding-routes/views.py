from django_aws_api_gateway_websockets.views import WebSocketView


class ChatSocketView(WebSocketView):
    ALLOWED_HANDLERS = {"say"}

    def say(self, request, *args, **kwargs):
        self.websocket_session.send_message({"said": self.body["text"]})


class OrderSocketView(WebSocketView):
    ALLOWED_HANDLERS = {"place_order"}

    def place_order(self, request, *args, **kwargs):
        self.websocket_session.send_message({"ordered": self.body["what"]})
