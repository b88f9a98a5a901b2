"""A site whose handlers log, send and queue, so that one can follow an event through them."""

import logging

from django.core.exceptions import PermissionDenied
from django.urls import path

from django_aws_api_gateway_websockets.models import WebSocketSession
from django_aws_api_gateway_websockets.views import WebSocketView

logger = logging.getLogger("shop.sockets")


class ShopView(WebSocketView):
    USE_WS_TOKEN = False
    RATE_LIMIT_ENABLED = False

    def order(self, request, *args, **kwargs):
        logger.info("Somebody orders.")
        self.websocket_session.send_message({"ordered": True})

    def announce(self, request, *args, **kwargs):
        everybody = WebSocketSession.objects.in_channel("shop")
        everybody.send_message({"n": 1})
        everybody.enqueue_broadcast({"n": 2})

    def broken(self, request, *args, **kwargs):
        raise LookupError("the handler broke")

    def forbidden(self, request, *args, **kwargs):
        raise PermissionDenied


class AsyncShopView(WebSocketView):
    USE_WS_TOKEN = False
    RATE_LIMIT_ENABLED = False

    async def order(self, request, *args, **kwargs):
        logger.info("Somebody orders.")
        await self.websocket_session.asend_message({"ordered": True})


urlpatterns = [
    path("ws/<slug:route>", ShopView.as_view()),
    path("async-ws/<slug:route>", AsyncShopView.as_view()),
]
