"""Socket views as projects write them."""

from django.http import HttpResponseForbidden, JsonResponse

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


class SpeakingView(OpenView):
    """Has handlers that return values, for clients of the wire protocol."""

    ALLOWED_HANDLERS = frozenset(
        {
            "save",
            "repeat",
            "save_nothing_json_knows",
            "enter",
            "enter_and_fail",
            "refusing",
            "silent",
            "shout",
            "broken",
        }
    )

    def save(self, request, *args, **kwargs):
        return {"saved": self.body["title"]}

    def repeat(self, request, *args, **kwargs):
        return self.body["title"] * 2

    def save_nothing_json_knows(self, request, *args, **kwargs):
        return {"saved": object()}

    def enter(self, request, *args, **kwargs):
        return self.websocket_session.subscribe(self.body.get("channel", "club"))

    def enter_and_fail(self, request, *args, **kwargs):
        self.websocket_session.subscribe(self.body["channel"])
        raise LookupError

    def refusing(self, request, *args, **kwargs):
        return HttpResponseForbidden("not you")


class WireView(SpeakingView):
    """The server that judged clients speak the wire protocol to."""

    ALLOWED_HANDLERS = frozenset({"echo", "broken"})
    ALLOW_UNLISTED_CHANNELS = False
    default = WebSocketView.default

    def echo(self, request, *args, **kwargs):
        return {
            name: value for name, value in self.body.items() if name not in {"action", "id", "once"}
        }


class OwnWordsView(OpenView):
    """Has a handler with a name of the wire protocol."""

    def subscribe(self, request, *args, **kwargs):
        return JsonResponse({"mine": True})


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

    def broken(self, request, *args, **kwargs):
        raise LookupError("the handler broke")

    def enter_and_fail(self, request, *args, **kwargs):
        self.websocket_session.subscribe(self.body["channel"])
        raise LookupError

    def refusing(self, request, *args, **kwargs):
        return HttpResponseForbidden("not you")

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
