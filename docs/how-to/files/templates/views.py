from django.contrib.auth.mixins import LoginRequiredMixin
from django.views.generic import TemplateView

from django_aws_api_gateway_websockets.mixins import (
    AddWebSocketRouteToContextMixin,
    AppChannelWebSocketMixin,
)
from django_aws_api_gateway_websockets.views import WebSocketView


class OrdersSocketView(WebSocketView):
    ALLOWED_HANDLERS = {"default"}

    def default(self, request, *args, **kwargs):
        self.websocket_session.send_message({"you are in": self.websocket_session.channel_name})


class TagPage(LoginRequiredMixin, TemplateView):
    template_name = "chat/tag_page.html"
    extra_context = {"room": "orders"}


class MixinPage(LoginRequiredMixin, AddWebSocketRouteToContextMixin, TemplateView):
    template_name = "chat/mixin_page.html"
    websocket_route_key = "orders"
    channel_name = "orders"


class AppPage(LoginRequiredMixin, AppChannelWebSocketMixin, TemplateView):
    template_name = "chat/mixin_page.html"
