from chat.channels import Room
from django_aws_api_gateway_websockets.models import WebSocketSession
from django_aws_api_gateway_websockets.views import WebSocketView


class PatternsSocketView(WebSocketView):
    ALLOWED_HANDLERS = {"say", "ping_me", "clap", "look_at"}

    # A reply: to whom has asked, and to this message.
    def say(self, request, *args, **kwargs):
        return {"characters": len(self.body["text"])}

    # One connection: this tab, and no other.
    def ping_me(self, request, *args, **kwargs):
        self.websocket_session.send_message({"type": "ping"})

    # Everyone in a channel but me: this tab does not hear it, my other tabs do.
    def clap(self, request, *args, **kwargs):
        room = Room(pk=self.body["room"])
        room.publish({"type": "clap"}, exclude=[self.websocket_session])

    # The session's own columns: name those you change.
    def look_at(self, request, *args, **kwargs):
        session = self.websocket_session
        session.channel_name = f"task-{int(self.body['task'])}"
        session.save(update_fields=["channel_name", "updated_on"])


def send_to_everyone_but(user, message):
    WebSocketSession.objects.exclude(user=user).send_message(message)
