from pprint import pprint

from django_aws_api_gateway_websockets.views import WebSocketView


class ChattySocketView(WebSocketView):
    debug = True

    def default(self, request, *args, **kwargs):
        pprint(self.body)
        self.websocket_session.send_message({"log": self.debug_log})
