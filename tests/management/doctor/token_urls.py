"""A site with one socket view, for users who are logged in."""

from django.urls import path

from django_aws_api_gateway_websockets.views import WebSocketTokenView
from tests.project import views

urlpatterns = [
    path("token-ws/<slug:route>", views.TokenView.as_view()),
    path("api/ws-token/", WebSocketTokenView.as_view()),
]
