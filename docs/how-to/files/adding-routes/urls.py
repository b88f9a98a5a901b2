from django.urls import path

from chat.views import ChatSocketView, OrderSocketView
from django_aws_api_gateway_websockets.views import WebSocketTokenView

urlpatterns = [
    path("ws/<slug:route>", ChatSocketView.as_view()),
    # No slug: every request here is a message.
    path("orders/", OrderSocketView.as_view()),
    path("token/", WebSocketTokenView.as_view()),
]
