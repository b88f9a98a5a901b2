from django.contrib.auth.decorators import login_required
from django.urls import path
from django.views.generic import TemplateView

from chat.views import EventsSocketView
from django_aws_api_gateway_websockets.views import WebSocketTokenView

urlpatterns = [
    path("ws/<slug:route>", EventsSocketView.as_view()),
    path("token/", WebSocketTokenView.as_view()),
    path("team/", login_required(TemplateView.as_view(template_name="chat/team.html"))),
]
