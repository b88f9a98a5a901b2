"""The URLs at which the page gets its token, and at which API Gateway calls Django."""

from django.urls import path

from django_aws_api_gateway_websockets.views import WebSocketTokenView
from sockets.views import DiscussView

urlpatterns = [
    path("api/ws-token/", WebSocketTokenView.as_view(), name="websocket_token"),
    # API Gateway posts to ws/discuss/connect, ws/discuss/disconnect and ws/discuss/default.
    path("ws/discuss/<slug:route>", DiscussView.as_view(), name="discuss_websocket"),
]
