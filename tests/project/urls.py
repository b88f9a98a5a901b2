from django.contrib import admin
from django.urls import path

from django_aws_api_gateway_websockets.views import WebSocketTokenView

from . import views

urlpatterns = [
    path("admin/", admin.site.urls),
    path("ws/<slug:route>", views.OpenView.as_view(), name="open"),
    path("limited-ws/<slug:route>", views.LimitedView.as_view(), name="limited"),
    path("live-ws/<slug:route>", views.LiveView.as_view(), name="live"),
    path("token-ws/<slug:route>", views.TokenView.as_view(), name="with_token"),
    path("debug-ws/<slug:route>", views.DebugView.as_view(), name="debug"),
    path("speaking-ws/<slug:route>", views.SpeakingView.as_view(), name="speaking"),
    path("wire-ws/<slug:route>", views.WireView.as_view(), name="wire"),
    path("own-words-ws/<slug:route>", views.OwnWordsView.as_view(), name="own_words"),
    path("extra/", views.OpenView.as_view(), name="additional_route"),
    path("api/ws-token/", WebSocketTokenView.as_view(), name="websocket_token"),
]
