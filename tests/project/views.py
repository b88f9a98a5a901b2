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

    async def patient(self, request, *args, **kwargs):
        return JsonResponse({"handler": "patient"})

    def change_channel(self, request, *args, **kwargs):
        return super().change_channel(request, *args, **kwargs)


class TokenView(WebSocketView):
    """Everything at its default, with a handler."""

    def default(self, request, *args, **kwargs):
        return JsonResponse({"user": request.user.get_username()})


class DebugView(OpenView):
    """Keeps its debug log where a test can see it."""

    debug = True

    def default(self, request, *args, **kwargs):
        return JsonResponse({"log": self.debug_log})
