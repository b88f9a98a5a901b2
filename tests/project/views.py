"""Socket views as projects write them."""

from django.http import JsonResponse

from django_aws_api_gateway_websockets.views import WebSocketView


class OpenView(WebSocketView):
    """Takes everybody, without tokens."""

    USE_WS_TOKEN = False
    RATE_LIMIT_ENABLED = False

    def default(self, request, *args, **kwargs):
        return JsonResponse({"handler": "default", "body": self.body})

    def shout(self, request, *args, **kwargs):
        return JsonResponse({"handler": "shout", "user": request.user.get_username()})

    def silent(self, request, *args, **kwargs):
        return None

    def broken(self, request, *args, **kwargs):
        raise LookupError("the handler broke")

    def change_channel(self, request, *args, **kwargs):
        return super().change_channel(request, *args, **kwargs)


class LimitedView(OpenView):
    """Without tokens, but with the limit of attempts."""

    RATE_LIMIT_ENABLED = True

    def default(self, request, *args, **kwargs):
        return None


class LiveView(WebSocketView):
    """Answers over the socket, so that a real gateway has to be there."""

    USE_WS_TOKEN = False
    RATE_LIMIT_ENABLED = False

    def default(self, request, *args, **kwargs):
        self.websocket_session.send_message({"default got": self.body})

    def reply(self, request, *args, **kwargs):
        self.websocket_session.send_message({"you sent": self.body["text"]})

    def change_channel(self, request, *args, **kwargs):
        return super().change_channel(request, *args, **kwargs)


class TokenView(WebSocketView):
    """Everything at its default, with a handler."""

    def reply(self, request, *args, **kwargs):
        self.websocket_session.send_message({"user": request.user.get_username()})


class DebugView(OpenView):
    """Keeps its debug log where a test can see it."""

    debug = True

    def default(self, request, *args, **kwargs):
        return JsonResponse({"log": self.debug_log})
