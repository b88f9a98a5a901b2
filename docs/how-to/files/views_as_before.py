from django_aws_api_gateway_websockets.views import WebSocketView


class ChatView(WebSocketView):
    # As in release 2: until the pages fetch tokens.
    USE_WS_TOKEN = False
    RATE_LIMIT_ENABLED = False

    def default(self, request, *args, **kwargs):
        self.websocket_session.send_message({"you sent": self.body})
