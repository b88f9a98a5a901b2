from django.contrib.auth.decorators import login_required
from django.urls import path
from django.views.generic import TemplateView

from chat.views import ChatSocketView
from django_aws_api_gateway_websockets.views import WebSocketTokenView

with_client = TemplateView.as_view(template_name="chat/with_client.html")
by_hand = TemplateView.as_view(template_name="chat/by_hand.html")

urlpatterns = [
    path("ws/chat/<slug:route>", ChatSocketView.as_view()),
    path("ws/token/", WebSocketTokenView.as_view(), name="websocket_token"),
    path("chat/", login_required(with_client)),
    path("chat/by-hand/", login_required(by_hand)),
]
