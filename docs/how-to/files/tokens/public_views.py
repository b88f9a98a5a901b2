from django_aws_api_gateway_websockets.views import WebSocketView


class ScoreboardSocketView(WebSocketView):
    USE_WS_TOKEN = False  # Anybody may connect, and is anonymous.
    ALLOWED_HANDLERS = {"default"}

    def default(self, request, *args, **kwargs):
        self.websocket_session.send_message({"home": 2, "away": 1})
