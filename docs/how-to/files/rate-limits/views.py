from django_aws_api_gateway_websockets.views import WebSocketView


class StrictSocketView(WebSocketView):
    ALLOWED_HANDLERS = {"default"}
    USE_WS_TOKEN = False
    RATE_LIMIT_MAX_ATTEMPTS = 3
    RATE_LIMIT_WINDOW_MINUTES = 10

    def default(self, request, *args, **kwargs):
        pass


class InternalSocketView(StrictSocketView):
    RATE_LIMIT_ENABLED = False
