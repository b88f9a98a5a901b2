"""A Django site with one page of the browser client: the URLs of a test."""

import json
from pathlib import Path

from django.contrib.auth.views import LogoutView
from django.http import HttpResponse
from django.urls import path
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.static import serve

from django_aws_api_gateway_websockets.models import ApiGateway
from django_aws_api_gateway_websockets.views import WebSocketTokenView, WebSocketView
from tests.acceptance.browser_client.conftest import STATIC

HERE = Path(__file__).parent


@ensure_csrf_cookie
def page(request):
    """Serve the page; its client tells of a leave as soon as the server does."""
    options = {
        "url": ApiGateway.objects.get().websocket_url(request),
        "tokenUrl": "/ws/token/",
        "grace": 0.05,
    }
    text = (HERE / "page.html").read_text()
    return HttpResponse(text.replace("OPTIONS", json.dumps(options)))


def script(request):
    # The test's own server keeps /static/ for itself.
    text = (HERE / "page.js").read_text().replace("/static/", "/client/")
    return HttpResponse(text, content_type="text/javascript")


class RoomView(WebSocketView):
    """Users who are logged in may connect, with a token."""


urlpatterns = [
    path("page/", page),
    path("page.js", script),
    path("client/<path:path>", serve, {"document_root": STATIC}),
    path("logout/", LogoutView.as_view()),
    path("ws/token/", WebSocketTokenView.as_view()),
    path("room-ws/<slug:route>", RoomView.as_view()),
]
