from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.urls import path
from django.views.generic import TemplateView

from chat.views import PatternsSocketView
from django_aws_api_gateway_websockets.views import WebSocketTokenView


def show_name(request, pk):
    return HttpResponse("Green tea")


urlpatterns = [
    path("ws/<slug:route>", PatternsSocketView.as_view()),
    path("token/", WebSocketTokenView.as_view()),
    path("products/", login_required(TemplateView.as_view(template_name="chat/page.html"))),
    path("products/<int:pk>/name/", show_name),
]
