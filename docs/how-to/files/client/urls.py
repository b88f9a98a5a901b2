from django.contrib.auth.decorators import login_required
from django.urls import path
from django.views.generic import TemplateView

from chat.views import ChatSocketView
from django_aws_api_gateway_websockets.views import WebSocketTokenView

page = TemplateView.as_view(template_name="chat/page.html")
with_library = TemplateView.as_view(template_name="chat/with_library.html")

urlpatterns = [
    path("ws/<slug:route>", ChatSocketView.as_view()),
    path("token/", WebSocketTokenView.as_view(), name="websocket_token"),
    path("rooms/", login_required(page)),
    path("rooms/library/", login_required(with_library)),
]
