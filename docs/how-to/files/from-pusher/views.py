from django_aws_api_gateway_websockets.views import WebSocketView


class EventsSocketView(WebSocketView):
    ALLOWED_HANDLERS = {"default"}
    ALLOW_UNLISTED_CHANNELS = False

    def default(self, request, *args, **kwargs):
        """Leave everything to channels."""
