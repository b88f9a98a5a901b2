from django.conf import settings

from django_aws_api_gateway_websockets.views import WebSocketView


class ChatSocketView(WebSocketView):
    ALLOWED_HANDLERS = {"default"}
    if settings.DEBUG:
        # Tunnels do not add what nginx does.
        additional_required_headers = []

    def default(self, request, *args, **kwargs):
        self.websocket_session.send_message({"you sent": self.body})
