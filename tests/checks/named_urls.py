"""URLs with one view, which takes the usual names of channels."""

from django.urls import path

from django_aws_api_gateway_websockets.views import WebSocketView


class NamedView(WebSocketView):
    USE_WS_TOKEN = False


urlpatterns = [path("ws/<slug:route>", NamedView.as_view())]
