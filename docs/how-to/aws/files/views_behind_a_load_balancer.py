from django_aws_api_gateway_websockets.views import WebSocketView


class ChatView(WebSocketView):
    # A load balancer adds these two, and no X-Real-Ip.
    additional_required_headers = ["X-Amzn-Trace-Id", "X-Forwarded-Port"]

    def default(self, request, *args, **kwargs):
        self.websocket_session.send_message({"you sent": self.body})
