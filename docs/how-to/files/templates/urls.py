from django.urls import path

from chat.views import AppPage, MixinPage, OrdersSocketView, TagPage
from django_aws_api_gateway_websockets.views import WebSocketTokenView

urlpatterns = [
    path("ws/<slug:route>", OrdersSocketView.as_view()),
    path("token/", WebSocketTokenView.as_view(), name="websocket_token"),
    path("orders/", TagPage.as_view()),
    path("orders/mixin/", MixinPage.as_view()),
    path("orders/app/", AppPage.as_view()),
]
